import type { CompletedPart } from "@aws-sdk/client-s3";
import { s3Limits } from "../../../base/index.ts";
import { fail, invalidArgument, invalidRequest } from "../errors.ts";
import type { ListedPart } from "../store/completion.ts";
import { checksumsOf } from "./checksums.ts";
import { unquote } from "./conditions.ts";

export function partNumberOf(number: number | undefined): number {
  if (number === undefined || !Number.isInteger(number) || number < 1 || number > s3Limits.partNumber)
    throw invalidArgument(
      `Part number must be an integer between 1 and ${s3Limits.partNumber}, inclusive`,
      "partNumber",
      String(number),
    );
  return number;
}

/** The parts that CompleteMultipartUpload lists. */
export function listedParts(parts: readonly CompletedPart[] | undefined): ListedPart[] {
  if (parts === undefined || parts.length === 0) throw invalidRequest("You must specify at least one part");
  if (parts.length > s3Limits.partNumber) throw fail("MalformedXML");
  return parts.map((part) => {
    if (part.PartNumber === undefined || part.ETag === undefined) throw fail("MalformedXML");
    return { number: partNumberOf(part.PartNumber), etag: unquote(part.ETag), checksums: checksumsOf(part) };
  });
}
