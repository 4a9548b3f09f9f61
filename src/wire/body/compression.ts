import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ServiceError } from "../../base/index.ts";
import { SerializationError } from "../codecs/serialization-error.ts";

const unzip = promisify(gunzip);

/**
 * The body of a request that its client compressed, as the SDKs do with metrics; signatures cover the compressed one.
 * `tooLarge` makes the error of a body that would have more than `mostBytes`.
 * https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait
 */
export async function decompress(
  body: Uint8Array,
  contentEncoding: string | undefined,
  mostBytes: number,
  tooLarge: () => ServiceError,
): Promise<Uint8Array> {
  if (contentEncoding?.trim().toLowerCase() !== "gzip" || body.length === 0) return body;
  try {
    return await unzip(body, { maxOutputLength: mostBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new SerializationError("The request body is no valid gzip");
  }
}
