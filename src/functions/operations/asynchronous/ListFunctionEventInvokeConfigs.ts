import type {
  ListFunctionEventInvokeConfigsRequest,
  ListFunctionEventInvokeConfigsResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeConfig } from "../../asynchronous/configuration.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { locateFunction } from "../../lookup.ts";
import { pageOf } from "../../pages.ts";
import { qualifierOrder } from "../../qualifier-settings.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctionEventInvokeConfigs.html */
export function ListFunctionEventInvokeConfigs(
  plane: ControlPlane,
  input: ListFunctionEventInvokeConfigsRequest,
  context: RequestContext,
): ListFunctionEventInvokeConfigsResponse {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const entry = plane.repository.get(target, target.name);
  if (entry === undefined) throw because("eventInvokeHolderMissing");
  const all = Object.entries(entry.document.eventInvoke ?? {});
  const { items, marker } = pageOf(all, ([qualifier]) => qualifierOrder(qualifier), input);
  return {
    FunctionEventInvokeConfigs: items.map(([qualifier, config]) => describeConfig(entry, qualifier, config)),
    ...marker,
  };
}
