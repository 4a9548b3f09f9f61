import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { invalidRequest, notImplemented } from "../errors.ts";
import type { Checksums } from "../model.ts";

/** The checksum members that requests and answers share. */
export interface ChecksumMembers {
  ChecksumCRC32?: string | undefined;
  ChecksumCRC32C?: string | undefined;
  ChecksumCRC64NVME?: string | undefined;
  ChecksumSHA1?: string | undefined;
  ChecksumSHA256?: string | undefined;
  ChecksumSHA512?: string | undefined;
  ChecksumMD5?: string | undefined;
}

export interface ChecksumInput extends ChecksumMembers {
  readonly ChecksumXXHASH64?: string | undefined;
  readonly ChecksumXXHASH3?: string | undefined;
  readonly ChecksumXXHASH128?: string | undefined;
}

/** The checksums that a request states. */
export function checksumsOf(input: ChecksumInput): Checksums {
  if (input.ChecksumXXHASH3 ?? input.ChecksumXXHASH64 ?? input.ChecksumXXHASH128)
    throw notImplemented("x-amz-checksum-xxhash");
  const stated: { -readonly [Algorithm in ChecksumAlgorithm]?: string } = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = input[`Checksum${algorithm}`];
    if (value !== undefined) stated[algorithm] = value;
  }
  return stated;
}

/** Members of an answer for these checksums. */
export function checksumMembers(checksums: Checksums): ChecksumMembers {
  return Object.fromEntries(
    Object.entries(checksums).map(([algorithm, value]) => [`Checksum${algorithm}`, value]),
  );
}

export function algorithmNamed(name: string): ChecksumAlgorithm {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toUpperCase());
  if (algorithm !== undefined) return algorithm;
  if (name.toUpperCase().startsWith("XXHASH")) throw notImplemented("x-amz-checksum-algorithm");
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

/**
 * The algorithm whose checksum came with a body, in a header or announced as a trailer; undefined if none did.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
export function statedAlgorithm(
  input: ChecksumInput & { readonly ChecksumAlgorithm?: string | undefined },
  context: RequestContext,
): ChecksumAlgorithm | undefined {
  const stated = new Set(Object.keys(checksumsOf(input)) as ChecksumAlgorithm[]);
  const trailer = context.headers["x-amz-trailer"] ?? "";
  for (const match of trailer.matchAll(/x-amz-checksum-([a-z0-9]+)/gi))
    stated.add(algorithmNamed(match[1] as string));
  if (stated.size > 1)
    throw invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  const [only] = stated;
  if (only !== undefined) return only;
  return input.ChecksumAlgorithm === undefined ? undefined : algorithmNamed(input.ChecksumAlgorithm);
}
