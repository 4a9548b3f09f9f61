import { createHash, type Hash } from "node:crypto";
import { wireLimits } from "../../base/index.ts";
import { type HmacKey, sha256Hex } from "../sigv4/hmac.ts";
import { sameSignature } from "../sigv4/verify.ts";
import { bodyError } from "./errors.ts";

/** What the signatures of chunks are checked with. */
export interface ChunkSigning {
  readonly key: HmacKey;
  readonly amzDate: string;
  readonly scope: string;
  /** The request's own signature, which the first chunk's continues. */
  readonly seedSignature: string;
}

export interface AwsChunkedOptions {
  /** Chunks carry signatures. */
  readonly signed: boolean;
  /** A trailer may follow the last chunk. */
  readonly trailer: boolean;
  /** Absent: signatures are read but not checked, for callers who are taken at their word. */
  readonly signing?: ChunkSigning;
}

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const CR = 13;
const LF = 10;

type State = "head" | "data" | "data-end" | "trailer" | "done";

/**
 * Takes the framing of aws-chunked off, as bytes come:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
 */
export class AwsChunkedDecoder {
  readonly trailers = new Map<string, string>();
  readonly #options: AwsChunkedOptions;
  #state: State = "head";
  /** An unfinished line. */
  #line: Buffer[] = [];
  #lineBytes = 0;
  #remaining = 0;
  #last = false;
  #signature = "";
  #previous: string;
  #hash: Hash | undefined;
  #trailerBytes = 0;
  #trailerSignature: string | undefined;

  constructor(options: AwsChunkedOptions) {
    this.#options = options;
    this.#previous = options.signing?.seedSignature ?? "";
  }

  /** Gives the data inside `bytes`, in pieces that are views of it. */
  *write(bytes: Buffer): Generator<Buffer> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "data") {
        const piece = bytes.subarray(at, at + this.#remaining);
        at += piece.length;
        this.#remaining -= piece.length;
        this.#hash?.update(piece);
        if (this.#remaining === 0) this.#state = "data-end";
        yield piece;
        continue;
      }
      if (this.#state === "done") throw malformed("There is data after the last chunk.");
      const newline = bytes.indexOf(LF, at);
      const end = newline === -1 ? bytes.length : newline + 1;
      this.#keepLine(bytes.subarray(at, end));
      at = end;
      if (newline !== -1) this.#take(this.#takeLine());
    }
  }

  /** Fails unless the body was whole. */
  end(): void {
    if (this.#state === "trailer" && this.#lineBytes === 0) this.#finishTrailer();
    if (this.#state !== "done") throw bodyError("IncompleteBody");
  }

  #keepLine(part: Buffer): void {
    this.#lineBytes += part.length;
    const most = this.#state === "trailer" ? wireLimits.chunkTrailerBytes : wireLimits.chunkHeadBytes;
    if (this.#lineBytes > most) throw malformed("A line between the chunks is too long.");
    // A copy, so that a few bytes do not keep a whole buffer alive.
    this.#line.push(Buffer.from(part));
  }

  #takeLine(): string {
    const line = this.#line.length === 1 ? (this.#line[0] as Buffer) : Buffer.concat(this.#line);
    this.#line = [];
    this.#lineBytes = 0;
    const end = line.at(-2) === CR ? line.length - 2 : line.length - 1;
    return line.toString("latin1", 0, end);
  }

  #take(line: string): void {
    switch (this.#state) {
      case "head":
        return this.#takeHead(line);
      case "data-end":
        if (line !== "") throw malformed("A chunk is longer than it says.");
        return this.#finishChunk();
      default:
        return this.#takeTrailer(line);
    }
  }

  #takeHead(line: string): void {
    const [size = "", ...extensions] = line.split(";");
    if (!/^[0-9a-fA-F]{1,13}$/.test(size.trim())) throw malformed("The size of a chunk is no number.");
    this.#remaining = Number.parseInt(size, 16);
    this.#last = this.#remaining === 0;
    const signature = extensions.find((extension) => extension.startsWith("chunk-signature="));
    this.#signature = signature?.slice("chunk-signature=".length).trim() ?? "";
    if (this.#options.signed && this.#signature === "") throw malformed("A chunk has no signature.");
    if (this.#options.signing !== undefined) this.#hash = createHash("sha256");
    if (!this.#last) {
      this.#state = "data";
      return;
    }
    this.#verifyChunk();
    this.#state = "trailer";
  }

  #finishChunk(): void {
    this.#verifyChunk();
    this.#state = "head";
  }

  #verifyChunk(): void {
    const { signed, signing } = this.#options;
    if (!signed || signing === undefined) return;
    const text = [
      "AWS4-HMAC-SHA256-PAYLOAD",
      signing.amzDate,
      signing.scope,
      this.#previous,
      EMPTY_SHA256,
      (this.#hash as Hash).digest("hex"),
    ].join("\n");
    if (!sameSignature(signing.key.digest(text), this.#signature)) throw bodyError("SignatureDoesNotMatch");
    this.#previous = this.#signature;
  }

  #takeTrailer(line: string): void {
    if (line === "") return this.#finishTrailer();
    const colon = line.indexOf(":");
    this.#trailerBytes += line.length;
    if (colon < 1 || this.#trailerBytes > wireLimits.chunkTrailerBytes || !this.#options.trailer) {
      throw bodyError("MalformedTrailerError");
    }
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "x-amz-trailer-signature") this.#trailerSignature = value;
    else this.trailers.set(name, value);
  }

  #finishTrailer(): void {
    this.#state = "done";
    const { signed, signing, trailer } = this.#options;
    if (!signed || !trailer || signing === undefined) return;
    let canonical = "";
    for (const [name, value] of [...this.trailers].sort(([a], [b]) => (a < b ? -1 : 1))) {
      canonical += `${name}:${value}\n`;
    }
    const text = [
      "AWS4-HMAC-SHA256-TRAILER",
      signing.amzDate,
      signing.scope,
      this.#previous,
      sha256Hex(canonical),
    ].join("\n");
    if (!sameSignature(signing.key.digest(text), this.#trailerSignature ?? "")) {
      throw bodyError("SignatureDoesNotMatch");
    }
  }
}

function malformed(message: string): Error {
  return bodyError("InvalidRequest", { with: message });
}
