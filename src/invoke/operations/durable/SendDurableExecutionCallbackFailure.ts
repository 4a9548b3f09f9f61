import type { SendDurableExecutionCallbackFailureRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { sendCallback } from "../../durable/callbacks.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackFailure.html */
export function SendDurableExecutionCallbackFailure(
  services: Pick<InvokeServices, "durable" | "clock">,
  input: SendDurableExecutionCallbackFailureRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  return sendCallback(services, input.CallbackId, { action: "fail", error: input.Error }, context);
}
