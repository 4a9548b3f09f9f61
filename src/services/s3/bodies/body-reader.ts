import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { invariant } from "../../../base/index.ts";
import type { Segment } from "../model.ts";
import type { BodyCipher } from "./cipher.ts";

const READ_BYTES = 128 * 1024;

/** Streams segments of body files, decrypted. The files must stay until the stream has closed. */
export function readSegments(
  segments: readonly Segment[],
  pathOf: (file: string) => string,
  cipher: BodyCipher,
): Readable {
  return Readable.from(chunksOf(segments, pathOf, cipher), {
    objectMode: false,
    highWaterMark: READ_BYTES,
  });
}

async function* chunksOf(
  segments: readonly Segment[],
  pathOf: (file: string) => string,
  bodyCipher: BodyCipher,
): AsyncGenerator<Buffer> {
  for (const { file, offset, size } of segments) {
    const handle = await open(pathOf(file), "r");
    try {
      const cipher = bodyCipher.at(file, offset);
      for (let done = 0; done < size; ) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size - done));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + done);
        invariant(bytesRead > 0, "a body file is shorter than its metadata says");
        done += bytesRead;
        yield cipher.update(buffer.subarray(0, bytesRead));
      }
    } finally {
      await handle.close();
    }
  }
}
