import type { InvokeAsyncRequest, InvokeAsyncResponse } from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../base/index.ts";
import type { RequestContext, WithStream } from "../../wire/index.ts";
import { payloadTooLarge } from "../payload.ts";
import { checkRequest, enqueueRequest, type InvokeServices } from "../request.ts";

const EVENT = { operation: "InvokeAsync", mostBytes: invokeLimits.legacyAsyncPayloadBytes };

/** Deprecated in favour of Invoke, https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html */
export async function InvokeAsync(
  services: InvokeServices,
  input: WithStream<InvokeAsyncRequest, "InvokeArgs">,
  context: RequestContext,
): Promise<InvokeAsyncResponse> {
  const request = checkRequest(
    services,
    { FunctionName: input.FunctionName, Payload: await collect(input.InvokeArgs ?? []) },
    context,
    EVENT,
  );
  await enqueueRequest(services, request, context);
  return { Status: 202 };
}

async function collect(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of stream) {
    bytes += part.length;
    if (bytes > EVENT.mostBytes) throw payloadTooLarge(EVENT);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
