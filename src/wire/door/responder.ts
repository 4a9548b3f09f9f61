import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Clock, latin1, wireLimits } from "../../base/index.ts";
import type { WireResponse } from "../protocols/protocol.ts";
import { announcesBody, drainBody } from "./request-body.ts";

/** Writes the Date header by the given clock: clients correct their own by it. */
export class DateHeader {
  readonly #clock: Clock;
  #second = -1;
  #text = "";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get text(): string {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1000).toUTCString();
    }
    return this.#text;
  }
}

/** Sends an answer. Resolves when it is out, and rejects if the caller is gone or the body's source failed. */
export async function send(
  message: IncomingMessage,
  response: ServerResponse,
  answer: WireResponse,
  date: string,
): Promise<void> {
  const { headers, body } = answer;
  headers["date"] = date;
  if (answer.live !== true && !message.complete && announcesBody(message)) drainBody(message);
  response.sendDate = false;
  const bodiless = answer.status === 204 || answer.status === 304;
  if (body instanceof Readable) return sendStream(message, response, answer, body);
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  if (!bodiless && message.method !== "HEAD") headers["content-length"] = String(bytes?.byteLength ?? 0);
  response.writeHead(answer.status, headers);
  if (bytes === undefined || bytes.byteLength === 0 || bodiless || message.method === "HEAD") response.end();
  else {
    if (bytes.byteLength > response.writableHighWaterMark) giveUpStalledReader(response);
    // Node puts a string behind the head into one write; bytes would be a second buffer of a gathering write.
    if (bytes.byteLength <= ONE_WRITE_BYTES) response.end(latin1(bytes), "latin1");
    else response.end(bytes);
  }
}

const ONE_WRITE_BYTES = 16 * 1_024;

/** A reader that takes nothing is given up, however slowly the source itself may produce. */
function giveUpStalledReader(response: ServerResponse): void {
  response.setTimeout(wireLimits.requestIdleMs, () => {
    if (response.writableLength > 0) response.destroy();
  });
}

async function sendStream(
  message: IncomingMessage,
  response: ServerResponse,
  answer: WireResponse,
  body: Readable,
): Promise<void> {
  response.writeHead(answer.status, answer.headers);
  if (message.method === "HEAD") {
    body.destroy();
    response.end();
    return;
  }
  giveUpStalledReader(response);
  if (answer.live === true) response.flushHeaders();
  await pipeline(body, response);
  if (!message.complete && announcesBody(message)) drainBody(message);
}
