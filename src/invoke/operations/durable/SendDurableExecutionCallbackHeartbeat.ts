import type { SendDurableExecutionCallbackHeartbeatRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { sendCallback } from "../../durable/callbacks.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackHeartbeat.html */
export function SendDurableExecutionCallbackHeartbeat(
  services: Pick<InvokeServices, "durable" | "clock">,
  input: SendDurableExecutionCallbackHeartbeatRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  return sendCallback(services, input.CallbackId, { action: "heartbeat" }, context);
}
