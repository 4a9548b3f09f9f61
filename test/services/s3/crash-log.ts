import { createHash } from "node:crypto";
import { Readable } from "node:stream";

/** One change to an object; its content follows from it. */
export interface Change {
  readonly key: string;
  readonly action: "put" | "multipart" | "delete";
  readonly requestId: string;
  readonly size: number;
}

function bytesOf(change: Change): Buffer {
  const seed = createHash("sha256").update(change.requestId).digest();
  return Buffer.alloc(change.size, seed);
}

/** Sent in pieces, so that a kill may fall between them. */
export function contentOf(change: Change): Readable {
  const bytes = bytesOf(change);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += 50_000) pieces.push(bytes.subarray(at, at + 50_000));
  return Readable.from(pieces, { objectMode: false });
}

export function digestOf(change: Change): string {
  return createHash("md5").update(bytesOf(change)).digest("hex");
}
