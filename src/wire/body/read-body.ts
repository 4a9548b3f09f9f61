import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { type ServiceError, toError, wireLimits } from "../../base/index.ts";
import type { WireRequest } from "../http/request.ts";
import { bodyError } from "./errors.ts";

/** Counts what all requests hold in memory, so that many large ones can't exhaust it. */
export class BodyBudget {
  #bytes = 0;

  take(bytes: number): void {
    if (this.#bytes + bytes > wireLimits.bufferedBodiesBytes) throw bodyError("SlowDown");
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** A body in memory; `release` gives its share of the budget back. */
export interface BufferedBody {
  readonly bytes: Buffer;
  release(): void;
}

/** The body of a request that is already here, as most are with their head; undefined if it has to be waited for. */
export function bodyAtHand(
  arrived: Buffer | IncomingMessage,
  mostBytes: number,
  budget: BodyBudget,
  tooLarge: () => ServiceError,
): BufferedBody | undefined {
  const bytes = arrived instanceof Uint8Array ? arrived : wholeBody(arrived);
  if (bytes === undefined) return undefined;
  if (bytes.length > mostBytes) throw tooLarge();
  budget.take(bytes.length);
  return { bytes, release: () => budget.give(bytes.length) };
}

const NOTHING = Buffer.alloc(0);

function wholeBody(message: IncomingMessage): Buffer | undefined {
  // HTTP/2 counts a stream as complete when it ends, which is no reason to have its bytes.
  if (!message.complete || message.destroyed || message.httpVersionMajor !== 1) return undefined;
  return (message.read() as Buffer | null) ?? NOTHING;
}

/**
 * Reads a whole body. `tooLarge` makes the error of whoever sends more than `mostBytes`. On failure the source is
 * left as it is, because its connection is still needed for the answer.
 */
export function readBody(
  source: Readable,
  mostBytes: number,
  budget: BodyBudget,
  tooLarge: () => ServiceError,
): Promise<BufferedBody> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const release = () => {
    budget.give(bytes);
    bytes = 0;
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      stop();
      release();
      reject(error);
    };
    const take = (part: Buffer) => {
      try {
        if (bytes + part.length > mostBytes) throw tooLarge();
        budget.take(part.length);
      } catch (error) {
        source.pause();
        fail(toError(error));
        return;
      }
      bytes += part.length;
      parts.push(part);
    };
    const end = () => {
      stop();
      resolve({ bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts), release });
    };
    const closed = () => fail(bodyError("IncompleteBody"));
    const stop = () => {
      source.off("data", take).off("end", end).off("error", fail).off("close", closed).off("aborted", closed);
    };
    source.on("data", take).on("end", end).on("error", fail).on("close", closed);
    // A broken HTTP/2 stream ends like a whole one afterwards.
    source.on("aborted", closed);
  });
}

/** Whether the length that a request announces is no more than `mostBytes`. */
export function announcesNoMoreThan({ headers }: Pick<WireRequest, "headers">, mostBytes: number): boolean {
  const length = headers["content-length"];
  return length === undefined || Number(length) <= mostBytes;
}
