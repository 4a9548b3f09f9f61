import { createHash, type Hash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  createChecksum,
  toError,
} from "../../base/index.ts";
import { AwsChunkedDecoder, type AwsChunkedOptions } from "./aws-chunked.ts";
import { checksumHeader, isChecksumValue } from "./checksum.ts";
import { bodyError } from "./errors.ts";

/** What a body has to be, as its request says. */
export interface PayloadExpectations {
  readonly chunked?: AwsChunkedOptions;
  /** Bytes of the body without framing. */
  readonly length?: number;
  /** Hexadecimal. */
  readonly sha256?: string;
  /** Base64. */
  readonly md5?: string;
  /** `value` in Base64; absent when it comes in the trailer. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value?: string };
}

/** A checksum that the caller gave and that held. `value` is Base64, as S3's headers carry it. */
export interface PayloadChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

/**
 * The body of a request as handlers get it: without framing, and checked on the way. It fails instead of ending when
 * length, checksum or signature do not hold, so nothing may be committed before its end. After the end, `checksum`
 * is what the caller gave of it, in a header or in the trailer.
 */
export class PayloadStream extends Transform {
  /** Bytes of the body that the request announces, without framing; absent if it does not say. */
  readonly announcedBytes: number | undefined;
  readonly #expected: PayloadExpectations;
  readonly #chunked: AwsChunkedDecoder | undefined;
  readonly #sha256: Hash | undefined;
  readonly #md5: Hash | undefined;
  readonly #running: Checksum | undefined;
  #received = 0;
  #checksum: PayloadChecksum | undefined;

  constructor(expected: PayloadExpectations) {
    super();
    this.announcedBytes = expected.length;
    this.#expected = expected;
    this.#chunked = expected.chunked === undefined ? undefined : new AwsChunkedDecoder(expected.chunked);
    this.#sha256 = expected.sha256 === undefined ? undefined : createHash("sha256");
    this.#md5 = expected.md5 === undefined ? undefined : createHash("md5");
    this.#running = expected.checksum === undefined ? undefined : createChecksum(expected.checksum.algorithm);
  }

  /** Bytes of the body so far. */
  get receivedBytes(): number {
    return this.#received;
  }

  get checksum(): PayloadChecksum | undefined {
    return this.#checksum;
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    try {
      if (this.#chunked === undefined) this.#take(bytes);
      else for (const piece of this.#chunked.write(bytes)) this.#take(piece);
      callback();
    } catch (error) {
      callback(toError(error));
    }
  }

  override _flush(callback: TransformCallback): void {
    try {
      this.#chunked?.end();
      this.#check();
      callback();
    } catch (error) {
      callback(toError(error));
    }
  }

  #take(piece: Buffer): void {
    this.#received += piece.length;
    const { length } = this.#expected;
    if (length !== undefined && this.#received > length) throw bodyError("IncompleteBody");
    this.#sha256?.update(piece);
    this.#md5?.update(piece);
    this.#running?.update(piece);
    this.push(piece);
  }

  #check(): void {
    const { length, sha256, md5, checksum } = this.#expected;
    if (length !== undefined && this.#received !== length) throw bodyError("IncompleteBody");
    if (sha256 !== undefined) checkSha256(sha256, (this.#sha256 as Hash).digest("hex"));
    if (md5 !== undefined) checkMd5(md5, (this.#md5 as Hash).digest("base64"));
    if (checksum === undefined) return;
    const { algorithm } = checksum;
    const given = checksum.value ?? this.#chunked?.trailers.get(checksumHeader(algorithm));
    if (given === undefined) throw bodyError("MalformedTrailerError");
    if (!isChecksumValue(algorithm, given)) throw invalidChecksum(algorithm, "trailing ");
    const computed = (this.#running as Checksum).digest().toString("base64");
    if (computed !== given) {
      throw bodyError("BadDigest", {
        with: `The ${algorithm} you specified did not match the calculated checksum.`,
      });
    }
    this.#checksum = { algorithm, value: computed };
  }
}

export function invalidChecksum(algorithm: ChecksumAlgorithm, place = ""): Error {
  return bodyError("InvalidRequest", {
    with: `Value for ${checksumHeader(algorithm)} ${place}header is invalid.`,
  });
}

function checkSha256(given: string, computed: string): void {
  if (given.toLowerCase() === computed) return;
  throw bodyError("XAmzContentSHA256Mismatch", {
    members: { ClientComputedContentSHA256: given, S3ComputedContentSHA256: computed },
  });
}

function checkMd5(given: string, computed: string): void {
  if (given === computed) return;
  throw bodyError("BadDigest", { members: { ExpectedDigest: given, CalculatedDigest: computed } });
}

/** The checksum that the head of a request gives or announces, if any. */
export function checksumOf(
  headers: Readonly<Record<string, string>>,
): PayloadExpectations["checksum"] | undefined {
  const given = Object.keys(headers).filter(
    (name) => name.startsWith("x-amz-checksum-") && isValueHeader(name),
  );
  const announced = (headers["x-amz-trailer"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name.startsWith("x-amz-checksum-"));
  const [name, ...more] = [...given, ...announced];
  if (name === undefined) {
    if (headers["x-amz-sdk-checksum-algorithm"] === undefined) return undefined;
    throw bodyError("InvalidRequest", {
      with: "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    });
  }
  if (more.length > 0) {
    throw bodyError("InvalidRequest", {
      with: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    });
  }
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => checksumHeader(known) === name);
  if (algorithm === undefined) throw bodyError("NotImplemented", { members: { Header: name } });
  const value = headers[name];
  if (given.length === 0 || value === undefined) return { algorithm };
  if (!isChecksumValue(algorithm, value)) throw invalidChecksum(algorithm);
  return { algorithm, value };
}

/** `x-amz-checksum-mode`, `-type` and `-algorithm` carry no checksum. */
function isValueHeader(name: string): boolean {
  return !["x-amz-checksum-mode", "x-amz-checksum-type", "x-amz-checksum-algorithm"].includes(name);
}
