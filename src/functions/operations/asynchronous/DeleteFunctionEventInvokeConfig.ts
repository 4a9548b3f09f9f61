import type { DeleteFunctionEventInvokeConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { findConfig, locateHolder, noConfig } from "../../asynchronous/configuration.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { own } from "../../document.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionEventInvokeConfig.html */
export async function DeleteFunctionEventInvokeConfig(
  plane: ControlPlane,
  input: DeleteFunctionEventInvokeConfigRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateHolder(plane, context, input);
  findConfig(plane, target);
  await plane.repository.update(target, target.name, ({ document }) => {
    if (own(document.eventInvoke, target.qualifier) === undefined) throw noConfig(target);
    const { [target.qualifier]: _gone, ...eventInvoke } = document.eventInvoke ?? {};
    return { document: { ...document, eventInvoke } };
  });
  return {};
}
