import { environmentLimits } from "../../base/index.ts";
import type { ResponseReceiver } from "../interfaces.ts";
import { type RuntimeApiError, runtimeApiErrors } from "./errors.ts";
import type { HttpExchange, RequestHandler } from "./http-connection.ts";
import type { HttpFields } from "./http-request-parser.ts";
import { oversized, type PostedResult, resultOfTrailers } from "./posted-result.ts";

const NOTHING = new Uint8Array(0);
const USUAL_TYPE = "application/octet-stream";

export interface StreamedInvocation {
  /** False once nobody waits for the response any more: the invocation timed out or its runtime was reset. */
  wanted(): boolean;
  finish(result: PostedResult, refusal?: RuntimeApiError): void;
  truncated(): void;
}

/**
 * Hands the body of a response to its receiver while it arrives. As long as the receiver is busy nothing is read, so
 * that a function which writes faster than its caller reads is held up at its own socket.
 */
export class StreamedBody implements RequestHandler {
  readonly #exchange: HttpExchange;
  readonly #response: ResponseReceiver;
  readonly #invocation: StreamedInvocation;
  #bytes = 0;
  #oversized = false;

  constructor(exchange: HttpExchange, response: ResponseReceiver, invocation: StreamedInvocation) {
    this.#exchange = exchange;
    this.#response = response;
    this.#invocation = invocation;
    response.begin(exchange.head.fields.get("content-type") ?? USUAL_TYPE);
  }

  onBody(bytes: Buffer): void {
    if (this.#oversized || !this.#invocation.wanted()) return;
    if (this.#bytes + bytes.length > environmentLimits.streamedResponseBytes) {
      this.#oversized = true;
      return;
    }
    this.#bytes += bytes.length;
    const busy = this.#response.write(bytes);
    if (busy === undefined) return;
    this.#exchange.pauseBody();
    void busy.then(() => this.#exchange.resumeBody());
  }

  onEnd(trailers: HttpFields): void {
    if (this.#oversized) {
      const result = oversized(environmentLimits.streamedResponseBytes);
      this.#invocation.finish(result, runtimeApiErrors.RequestEntityTooLarge);
    } else this.#invocation.finish(resultOfTrailers(trailers) ?? { payload: NOTHING });
  }

  onAbandoned(): void {
    this.#invocation.truncated();
  }
}
