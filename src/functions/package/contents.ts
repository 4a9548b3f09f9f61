import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw, inflateRaw } from "node:zlib";
import type { PackageFile } from "./archive.ts";
import { BadPackage, demand } from "./bad-package.ts";
import type { ZipSource } from "./zip-source.ts";

/** What is at most read, or inflated in one piece, at a time. */
const CHUNK_BYTES = 1_048_576;

/**
 * The content of a file, in pieces. Ends with BadPackage unless size, CRC-32 and the length of the compressed data are
 * those that the archive declares; never yields more than the declared size.
 */
export async function* contentsOf(source: ZipSource, file: PackageFile): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let checksum = 0;
  for await (const piece of file.compressed ? inflated(source, file) : stored(source, file)) {
    bytes += piece.byteLength;
    demand(bytes <= file.bytes, "an entry is longer than declared");
    checksum = crc32(piece, checksum);
    yield piece;
  }
  demand(bytes === file.bytes, "an entry is shorter than declared");
  demand(checksum === file.crc32, "an entry's CRC-32 is wrong");
}

async function* stored(source: ZipSource, file: PackageFile): AsyncGenerator<Uint8Array> {
  const end = file.position + file.compressedBytes;
  for (let position = file.position; position < end; position += CHUNK_BYTES) {
    yield await source.read(position, Math.min(CHUNK_BYTES, end - position));
  }
}

async function* inflated(source: ZipSource, file: PackageFile): AsyncGenerator<Uint8Array> {
  if (file.compressedBytes <= CHUNK_BYTES && file.bytes <= CHUNK_BYTES) {
    yield await inflateWhole(await source.read(file.position, file.compressedBytes), file.bytes);
    return;
  }
  const inflate = createInflateRaw({ chunkSize: 65_536 });
  pipeline(Readable.from(stored(source, file)), inflate, () => undefined);
  try {
    for await (const piece of inflate) yield piece as Uint8Array;
  } catch (error) {
    throw asBadPackage(error);
  }
  demand(inflate.bytesWritten === file.compressedBytes, "an entry's compressed data is longer than needed");
}

function inflateWhole(compressed: Uint8Array, bytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const options = { maxOutputLength: Math.max(bytes, 1), info: true };
    inflateRaw(compressed, options, (error, result) => {
      // With `info` the result is content and engine; the type definitions only know the content.
      const { buffer, engine } = (result ?? {}) as unknown as {
        buffer: Buffer;
        engine: { bytesWritten: number };
      };
      try {
        if (error !== null) throw asBadPackage(error);
        demand(
          engine.bytesWritten === compressed.byteLength,
          "an entry's compressed data is longer than needed",
        );
        resolve(buffer);
      } catch (failure) {
        reject(failure);
      }
    });
  });
}

/** zlib's complaints are about the data; anything else (reading the archive) is passed on. */
function asBadPackage(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return code.startsWith("Z_") || code === "ERR_BUFFER_TOO_LARGE"
    ? new BadPackage("broken", `an entry cannot be decompressed: ${code}`)
    : error;
}
