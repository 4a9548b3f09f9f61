import { fail, invalidArgument, invalidRequest } from "../errors.ts";
import type { Segment, StoredObject } from "../model.ts";

/** A stretch of an object: `size` bytes from `offset`. */
export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

/**
 * The Range header of a read. Undefined for what S3 takes as no range at all: other units, several ranges, nonsense.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function parseRange(header: string, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return undefined;
  const unsatisfiable = () =>
    fail("InvalidRange", {
      members: { RangeRequested: header, ActualObjectSize: size },
      headers: { "Content-Range": `bytes */${size}` },
    });
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    if (suffix === 0) throw unsatisfiable();
    return { offset: size - suffix, size: suffix };
  }
  const offset = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < offset) return undefined;
  if (offset >= size) throw unsatisfiable();
  return { offset, size: end - offset + 1 };
}

/** `x-amz-copy-source-range`, which is taken at its word. */
export function parseCopyRange(header: string, size: number): ByteRange {
  const name = "x-amz-copy-source-range";
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const [offset, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || last < offset)
    throw invalidArgument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      name,
      header,
    );
  if (offset >= size) throw invalidRequest("The specified copy range is invalid for the source object size");
  if (last >= size)
    throw invalidArgument(`Range specified is not valid for source object of size: ${size}`, name, header);
  return { offset, size: last - offset + 1 };
}

/** Where a part lies in its object. An object that was not uploaded in parts has one, the whole. */
export function rangeOfPart(object: StoredObject, partNumber: number): ByteRange {
  const parts = object.parts ?? [{ number: 1, size: object.size }];
  // Parts are counted as the object has them: numbers left out when it was completed are closed up.
  const part = parts[partNumber - 1];
  if (partNumber < 1 || part === undefined)
    throw fail("InvalidPartNumber", {
      members: { PartNumberRequested: partNumber, ActualPartCount: parts.length },
    });
  const offset = parts.slice(0, partNumber - 1).reduce((sum, earlier) => sum + earlier.size, 0);
  return { offset, size: part.size };
}

/** The segments that make up a stretch of a body. */
export function sliceSegments(segments: readonly Segment[], range: ByteRange): Segment[] {
  const slice: Segment[] = [];
  let start = 0;
  const end = range.offset + range.size;
  for (const segment of segments) {
    const from = Math.max(range.offset, start);
    const to = Math.min(end, start + segment.size);
    if (to > from) slice.push({ file: segment.file, offset: segment.offset + from - start, size: to - from });
    start += segment.size;
  }
  return slice;
}
