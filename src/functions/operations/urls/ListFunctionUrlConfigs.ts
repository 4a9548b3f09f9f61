import type { ListFunctionUrlConfigsRequest, ListFunctionUrlConfigsResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { locateFunction } from "../../lookup.ts";
import { pageOf } from "../../pages.ts";
import { describeUrl } from "../../urls/function-url.ts";

/** The function's own, then those of its aliases. https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionUrlConfigs.html */
export function ListFunctionUrlConfigs(
  plane: ControlPlane,
  input: ListFunctionUrlConfigsRequest,
  context: RequestContext,
): ListFunctionUrlConfigsResponse {
  const target = locateFunction(plane, context, input.FunctionName, { shared: false });
  const entry = plane.repository.get(target, target.name);
  if (entry === undefined) throw because("urlHolderMissing");
  const all = Object.entries(entry.document.urls ?? {});
  const { items, marker } = pageOf(all, ([qualifier]) => `=${qualifier}`, input);
  return {
    FunctionUrlConfigs: items.map(([qualifier, url]) => ({
      InvokeMode: "BUFFERED" as const,
      ...describeUrl(entry, qualifier === "" ? undefined : qualifier, url, context),
    })),
    ...marker,
  };
}
