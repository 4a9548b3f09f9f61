import type { GetFunctionUrlConfigRequest, GetFunctionUrlConfigResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { locateFor } from "../../lookup.ts";
import { describeUrl, findUrl } from "../../urls/function-url.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html */
export function GetFunctionUrlConfig(
  plane: ControlPlane,
  input: GetFunctionUrlConfigRequest,
  context: RequestContext,
): GetFunctionUrlConfigResponse {
  const target = locateFor(plane, context, input, { shared: false });
  const { entry, url } = findUrl(plane, target);
  return { InvokeMode: "BUFFERED", ...describeUrl(entry, target.qualifier, url, context) };
}
