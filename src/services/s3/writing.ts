import type { Readable } from "node:stream";
import { type ChecksumAlgorithm, s3Limits } from "../../base/index.ts";
import { filesOf, type ReceivedBody } from "./bodies/body-store.ts";
import { fail } from "./errors.ts";

import type { S3 } from "./s3.ts";

/** Takes a request's body to disk. A length that is too great is refused before the first byte. */
export async function receiveBody(
  s3: S3,
  input: { readonly Body?: Readable | undefined; readonly ContentLength?: number | undefined },
  algorithms: readonly ChecksumAlgorithm[],
  mostBytes: number,
): Promise<ReceivedBody> {
  if ((input.ContentLength ?? 0) > mostBytes)
    throw fail("EntityTooLarge", {
      members: { ProposedSize: input.ContentLength, MaxSizeAllowed: mostBytes },
    });
  return await s3.bodies.receive(input.Body, { algorithms, mostBytes });
}

/** Commits the metadata of a body that was received; without it nothing is left of the body. */
export async function keepBody<Result>(
  s3: S3,
  body: ReceivedBody,
  commit: () => Promise<Result>,
): Promise<Result> {
  try {
    return await commit();
  } catch (thrown) {
    s3.bodies.remove(filesOf(body.segments));
    throw thrown;
  }
}

/**
 * Runs a copy, whose source may be overwritten between the look at it and the commit; `attempt` then gives undefined
 * and is run again.
 */
export async function untilSourceHolds<Result>(attempt: () => Promise<Result | undefined>): Promise<Result> {
  for (let count = 0; count < s3Limits.copyAttempts; count++) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw fail("OperationAborted");
}
