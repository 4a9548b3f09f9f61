import { isUtf8 } from "node:buffer";
import { invariant } from "../../base/index.ts";
import type { Json } from "../../storage/index.ts";

/** An accepted asynchronous invocation as it lies in the queue. All attempts carry the same request id. */
export interface QueuedInvocation {
  readonly requestId: string;
  readonly account: string;
  readonly region: string;
  /** With the version or alias that was asked for. */
  readonly invokedArn: string;
  readonly payload: Uint8Array;
  readonly traceId: string;
  readonly tenantId?: string;
}

/** Payloads are text in practice; what is not survives as base64, byte for byte. */
export function toJson(invocation: QueuedInvocation): Json {
  const { requestId, account, region, invokedArn, payload, traceId, tenantId } = invocation;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const body = isUtf8(bytes) ? { text: bytes.toString("utf8") } : { base64: bytes.toString("base64") };
  const tenant = tenantId === undefined ? {} : { tenantId };
  return { formatVersion: 1, requestId, account, region, invokedArn, traceId, ...tenant, ...body };
}

export function fromJson(json: Json): QueuedInvocation {
  invariant(
    typeof json === "object" && json !== null && !Array.isArray(json),
    "a queued invocation is an object",
  );
  const fields = json as { readonly [name: string]: Json | undefined };
  invariant(fields["formatVersion"] === 1, "a queued invocation has a format that is known");
  const text = (name: string): string => {
    const value = fields[name];
    invariant(typeof value === "string", `a queued invocation has the field ${name}`);
    return value;
  };
  return {
    requestId: text("requestId"),
    account: text("account"),
    region: text("region"),
    invokedArn: text("invokedArn"),
    traceId: text("traceId"),
    ...(fields["tenantId"] === undefined ? {} : { tenantId: text("tenantId") }),
    payload:
      fields["text"] === undefined
        ? Buffer.from(text("base64"), "base64")
        : Buffer.from(text("text"), "utf8"),
  };
}
