import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { wireLimits } from "../../base/index.ts";
import { answerAndEnd, asksForWebSocket, endWith, plain } from "./upgrades.ts";

// An import of node:http would load Node's web clients as well: 13 MiB, and a tenth of the time to start.
const { createServer } = process.getBuiltinModule("node:http");

/** Who takes the requests of {@link createHttp1Server}. */
export interface Http1Requests {
  /** A client that waits with its body sends it once `invite` is called. */
  serve(message: IncomingMessage, response: ServerResponse, invite: () => void): void;
  /** Whether the connection of a request may take more after it. */
  stays(message: IncomingMessage): boolean;
  upgrade(message: IncomingMessage, socket: Socket, head: Buffer): void;
}

/** Speaks HTTP/1 on the connections that it is given; it listens nowhere itself. */
export function createHttp1Server(requests: Http1Requests): Server {
  const server = createServer({
    maxHeaderSize: wireLimits.headerBytes,
    headersTimeout: wireLimits.requestIdleMs,
    // Bodies may take long as long as they move: see guardBody.
    requestTimeout: 0,
    keepAliveTimeout: wireLimits.keepAliveMs,
    noDelay: true,
    shouldUpgradeCallback: asksForWebSocket,
  });
  server.maxHeadersCount = 0;
  // Node watches over slow heads from here on.
  server.emit("listening");
  return server
    .on("request", (message, response) => requests.serve(message, response, () => undefined))
    .on("checkContinue", (message, response) => {
      // A client that is never invited sends no body, so nothing else may follow on its connection.
      const keepAlive = response.shouldKeepAlive;
      response.shouldKeepAlive = false;
      requests.serve(message, response, () => {
        response.shouldKeepAlive = keepAlive && requests.stays(message);
        response.writeContinue();
      });
    })
    .on("upgrade", (message, socket, head) => requests.upgrade(message, socket as Socket, head))
    .on("connect", (_, socket) => answerAndEnd(socket as Socket, plain(405, "This server is no proxy.")))
    .on("clientError", (error, socket) => refuseUnparsable(error, socket as Socket));
}

const PARSER_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

function refuseUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = PARSER_STATUS[error.code ?? ""] ?? "400 Bad Request";
  endWith(socket, `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
