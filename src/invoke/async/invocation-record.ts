import type { QueuedInvocation } from "./queued-invocation.ts";
import type { Condition } from "./retry.ts";

/** What the last attempt answered. */
export interface AttemptResponse {
  readonly statusCode: number;
  readonly executedVersion: string;
  readonly functionError?: string;
  readonly payload: Uint8Array;
}

export interface RecordFacts {
  readonly invocation: QueuedInvocation;
  readonly condition: Condition;
  /** Attempts in which the function ran. */
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Absent if the function never ran. */
  readonly response?: AttemptResponse;
}

/**
 * What a destination gets, as JSON text. Payloads stay the text that they are, so that no number is changed.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function invocationRecord({ invocation, condition, attempts, now, response }: RecordFacts): string {
  const members = [
    `"version":"1.0"`,
    `"timestamp":${JSON.stringify(new Date(now).toISOString())}`,
    `"requestContext":${JSON.stringify({
      requestId: invocation.requestId,
      functionArn: qualifiedArn(invocation.invokedArn),
      condition,
      approximateInvokeCount: attempts,
    })}`,
    `"requestPayload":${asJson(invocation.payload)}`,
  ];
  if (response !== undefined) {
    const { statusCode, executedVersion, functionError } = response;
    members.push(
      `"responseContext":${JSON.stringify({ statusCode, executedVersion, functionError })}`,
      `"responsePayload":${asJson(response.payload)}`,
    );
  }
  return `{${members.join(",")}}`;
}

/** `arn:aws:lambda:region:account:function:name` has seven parts. */
function qualifiedArn(invokedArn: string): string {
  return invokedArn.split(":").length > 7 ? invokedArn : `${invokedArn}:$LATEST`;
}

/** Functions may answer with anything; what is not JSON is told as a string. */
function asJson(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
