import type {
  InvokeWithResponseStreamCompleteEvent,
  InvokeWithResponseStreamRequest,
  InvokeWithResponseStreamResponse,
  InvokeWithResponseStreamResponseEvent,
} from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../base/index.ts";
import type { InvocationOutcome } from "../../environments/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { Completed } from "../admission/pool.ts";
import { fail } from "../errors.ts";
import { checkRequest, type InvokeServices, invocationOf, logResult } from "../request.ts";
import { runAttempt } from "../run.ts";
import { ResponseChannel } from "../stream/response-channel.ts";

const EVENT = { operation: "InvokeWithResponseStream", mostBytes: invokeLimits.requestPayloadBytes };

/**
 * Answers when the function begins to, or has ended without: errors that keep it from running are then still errors
 * of the request. https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
 */
export async function InvokeWithResponseStream(
  services: InvokeServices,
  input: InvokeWithResponseStreamRequest,
  context: RequestContext,
): Promise<InvokeWithResponseStreamResponse> {
  const request = checkRequest(services, input, context, EVENT);
  if (input.InvocationType === "DryRun") return { StatusCode: 204 };
  if (request.target.durable !== undefined) {
    throw fail("InvalidParameterValueException", {
      with: "Durable functions can't be invoked with a response stream.",
    });
  }
  const channel = new ResponseChannel();
  let version = request.target.version;
  const running = runAttempt(
    {
      target: request.target,
      invocation: invocationOf(services, request, input, context),
      lane: "sync",
      attempt: 1,
      respondTo: (runs) => {
        version = runs.version;
        return channel;
      },
    },
    services,
  ).finally(() => channel.end());
  running.catch(() => undefined); // Whoever reads on sees it, if anybody does.
  context.signal.addEventListener("abort", () => channel.abandon(), { once: true });
  if (context.signal.aborted) channel.abandon();
  if ((await channel.contentType()) === undefined) await running;
  return {
    StatusCode: 200,
    ExecutedVersion: version,
    ResponseStreamContentType: "application/vnd.amazon.eventstream",
    EventStream: frames(channel, running),
  };
}

async function* frames(
  channel: ResponseChannel,
  running: Promise<Completed>,
): AsyncGenerator<InvokeWithResponseStreamResponseEvent> {
  try {
    for (let bytes = await channel.read(); bytes !== undefined; bytes = await channel.read()) {
      yield { PayloadChunk: { Payload: bytes } };
    }
    const { outcome } = await running;
    yield { InvokeComplete: completion(outcome) };
  } finally {
    channel.abandon();
  }
}

function completion(outcome: InvocationOutcome): InvokeWithResponseStreamCompleteEvent {
  if (outcome.functionError === undefined) return logResult(outcome.logTail);
  const document = Buffer.from(outcome.payload).toString("utf8");
  return {
    ErrorCode: typeNamedIn(document) ?? outcome.errorType ?? outcome.functionError,
    ErrorDetails: document,
    ...logResult(outcome.logTail),
  };
}

/** Functions name the type of their error in its document; what they tell the platform besides may be coarser. */
function typeNamedIn(document: string): string | undefined {
  try {
    const parsed = JSON.parse(document) as { readonly errorType?: unknown } | null;
    return typeof parsed?.errorType === "string" && parsed.errorType !== "" ? parsed.errorType : undefined;
  } catch {
    return undefined;
  }
}
