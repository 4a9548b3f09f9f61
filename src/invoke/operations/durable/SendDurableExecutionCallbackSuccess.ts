import type { SendDurableExecutionCallbackSuccessRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { sendCallback } from "../../durable/callbacks.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html */
export function SendDurableExecutionCallbackSuccess(
  services: Pick<InvokeServices, "durable" | "clock">,
  input: SendDurableExecutionCallbackSuccessRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  return sendCallback(
    services,
    input.CallbackId,
    { action: "succeed", result: textOf(input.Result) },
    context,
  );
}

/** Callback results are text to the execution. */
function textOf(result: Uint8Array | undefined): string | undefined {
  return result === undefined || result.length === 0 ? undefined : Buffer.from(result).toString();
}
