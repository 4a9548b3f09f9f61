import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { STATUS_CODES, wireLimits } from "../../base/index.ts";
import type { WireRequest } from "../http/request.ts";
import type { WireResponse } from "../protocols/protocol.ts";

/** The version of RFC 6455, the only one there is. */
const VERSION = "13";

/** Other protocols that a client offers, such as `h2c`, it can do without: such requests are answered as they are. */
export function asksForWebSocket(message: IncomingMessage): boolean {
  const offered = (message.headers.upgrade ?? "").toLowerCase().split(",");
  return offered.some((protocol) => protocol.trim() === "websocket");
}

/** What is wrong with an opening request. https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1 */
export function invalidOpening(request: WireRequest): WireResponse | undefined {
  const { headers, method } = request;
  if (method !== "GET") return plain(400, "A WebSocket is opened with GET.");
  if (headers["sec-websocket-version"] !== VERSION) {
    const answer = plain(426, `WebSockets are spoken in version ${VERSION}.`);
    Object.assign(answer.headers, { upgrade: "websocket", "sec-websocket-version": VERSION });
    return answer;
  }
  return /^[A-Za-z0-9+/]{22}==$/.test(headers["sec-websocket-key"] ?? "")
    ? undefined
    : plain(400, "The Sec-WebSocket-Key is malformed.");
}

export function plain(status: number, text: string): WireResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: text };
}

/** Answers on a connection that is no longer HTTP's, and ends it, whatever the other side does. */
export function answerAndEnd(socket: Socket, answer: WireResponse): void {
  const body = typeof answer.body === "string" ? answer.body : "";
  const headers = {
    ...answer.headers,
    "content-length": String(Buffer.byteLength(body)),
    connection: answer.headers["upgrade"] === undefined ? "close" : "close, upgrade",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  endWith(
    socket,
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n${lines.join("")}\r\n${body}`,
  );
}

/** Sends the last that goes out; a peer that does not end its side too is dropped. */
export function endWith(socket: Socket, text: string): void {
  const timer = setTimeout(() => socket.destroy(), wireLimits.refusedConnectionMs);
  timer.unref();
  socket
    .once("close", () => clearTimeout(timer))
    .on("error", () => socket.destroy())
    .on("end", () => socket.destroySoon());
  socket.end(text);
  socket.resume();
}
