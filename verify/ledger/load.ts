import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { KINDS, type Kind } from "./functions.ts";

const CLIENTS = 24;
const RETRY_MS = 20;
const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0";

/** What callers know of their calls. */
export interface Heard {
  /** By request id: synchronous and streamed ones that were answered whole, events that were accepted. */
  readonly answered: Map<string, Kind>;
  readonly accepted: Map<string, Kind>;
  /** Calls without an answer: each may have run. */
  unanswered: number;
}

export class LedgerLoad {
  readonly heard: Heard = { answered: new Map(), accepted: new Map(), unanswered: 0 };
  readonly #kinds: readonly Kind[] = KINDS.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  readonly #most: number;
  #agent = new Agent({ keepAlive: true });
  #sent = 0;
  /** Settled while there is a server. */
  #endpoint = Promise.withResolvers<string>();

  constructor(most: number) {
    this.#most = most;
  }

  get done(): number {
    return this.heard.answered.size + this.heard.accepted.size;
  }

  serverIs(endpoint: string): void {
    this.#endpoint.resolve(endpoint);
  }

  serverIsGone(): void {
    this.#endpoint = Promise.withResolvers();
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true });
  }

  /** Resolves when so many calls were answered or accepted. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, () => this.#client()));
  }

  async #client(): Promise<void> {
    while (this.done < this.#most) {
      const endpoint = await this.#endpoint.promise;
      // Kinds are mixed: the step shares no factor with their number.
      const kind = this.#kinds[(this.#sent++ * 389) % this.#kinds.length] as Kind;
      try {
        const { status, requestId, failed } = await this.#call(endpoint, kind);
        if (status === 200 && failed && kind.status === "success")
          throw new Error(`${kind.functionName} fails`, { cause: "unexpected" });
        if (status === 200) this.heard.answered.set(requestId, kind);
        else if (status === 202) this.heard.accepted.set(requestId, kind);
        else if (status === 429 || status === 503) await delay(RETRY_MS);
        else throw new Error(`${kind.functionName} is answered with ${status}`, { cause: "unexpected" });
      } catch (error) {
        if ((error as Error).cause === "unexpected") throw error;
        this.heard.unanswered += 1;
        await delay(RETRY_MS);
      }
    }
  }

  #call(
    endpoint: string,
    { functionName, how }: Kind,
  ): Promise<{ status: number; requestId: string; failed: boolean }> {
    const { hostname, port } = new URL(endpoint);
    const path =
      how === "stream"
        ? `/2021-11-15/functions/${functionName}/response-streaming-invocations`
        : `/2015-03-31/functions/${functionName}/invocations`;
    const body = JSON.stringify({ functionName });
    return new Promise((resolve, reject) => {
      const call = request(
        {
          agent: this.#agent,
          hostname,
          port,
          path,
          method: "POST",
          headers: {
            authorization: AUTHORIZATION,
            "content-length": Buffer.byteLength(body),
            ...(how === "event" ? { "x-amz-invocation-type": "Event" } : {}),
          },
        },
        (answer) => {
          answer.resume();
          answer.on("end", () => {
            const requestId = answer.headers["x-amzn-requestid"];
            if (!answer.complete || typeof requestId !== "string") reject(new Error("half an answer"));
            else {
              const failed = answer.headers["x-amz-function-error"] !== undefined;
              resolve({ status: answer.statusCode ?? 0, requestId, failed });
            }
          });
          answer.on("error", reject);
        },
      );
      call.on("error", reject);
      call.end(body);
    });
  }
}
