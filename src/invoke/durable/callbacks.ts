import type { ErrorObject } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { fail } from "../errors.ts";
import type { InvokeServices } from "../request.ts";
import { parseCallbackId } from "./names.ts";

/** Hands what was sent for a callback to the execution that waits for it. */
export async function sendCallback(
  { durable, clock }: Pick<InvokeServices, "durable" | "clock">,
  callbackId: string | undefined,
  sent: {
    readonly action: "succeed" | "fail" | "heartbeat";
    readonly result?: string | undefined;
    readonly error?: ErrorObject | undefined;
  },
  { account, region }: RequestContext,
): Promise<Record<string, never>> {
  const named = parseCallbackId(callbackId ?? "");
  if (named === undefined) throw fail("InvalidParameterValueException", { with: "Invalid callback id." });
  const { id, operationId } = named;
  const store = await durable.store();
  const after = await store.write("callback", {
    id,
    operationId,
    now: clock.now(),
    account,
    region,
    ...sent,
  });
  durable.follow(id, after);
  if (sent.action !== "heartbeat") durable.drive(id);
  return {};
}
