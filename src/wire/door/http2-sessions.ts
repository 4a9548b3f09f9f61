import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import { type Clock, wireLimits } from "../../base/index.ts";
import type { Connection } from "./open-connections.ts";

export type ServeRequest = (
  connection: Connection,
  message: IncomingMessage,
  response: ServerResponse,
  invite: () => void,
) => void;

const SESSION_OPTIONS = {
  settings: {
    maxConcurrentStreams: wireLimits.http2Streams,
    maxHeaderListSize: wireLimits.headerBytes,
    enablePush: false,
  },
  maxHeaderListPairs: wireLimits.http2HeaderPairs,
  maxSessionMemory: wireLimits.http2SessionMegabytes,
  maxSettings: wireLimits.http2Settings,
  maxSessionInvalidFrames: wireLimits.http2InvalidFrames,
  maxSessionRejectedStreams: wireLimits.http2RejectedStreams,
  streamResetBurst: wireLimits.http2ResetBurst,
  streamResetRate: wireLimits.http2ResetsPerSecond,
} as const;

/** Speaks HTTP/2 on the connections that it is given; each request is served as one of HTTP/1 would be. */
export class Http2Sessions {
  readonly #server: Http2Server;
  readonly #clock: Clock;
  readonly #connections = new WeakMap<ServerHttp2Session, Connection>();
  #arriving: Connection | undefined;

  constructor(clock: Clock, serve: ServeRequest) {
    this.#clock = clock;
    this.#server = createServer(SESSION_OPTIONS);
    const pass = (message: Http2ServerRequest, response: Http2ServerResponse, invite: () => void) => {
      const session = message.stream.session;
      const connection =
        session === undefined ? undefined : this.#connections.get(session as ServerHttp2Session);
      if (connection === undefined) {
        message.stream.destroy();
        return;
      }
      // Node gives both kinds of messages the members that are used here.
      serve(connection, message as unknown as IncomingMessage, response as unknown as ServerResponse, invite);
    };
    this.#server.on("session", (session) => this.#begin(session));
    this.#server.on("request", (message, response) => pass(message, response, () => undefined));
    this.#server.on("checkContinue", (message, response) =>
      pass(message, response, () => response.writeContinue()),
    );
  }

  take(connection: Connection): void {
    this.#arriving = connection;
    // Whoever ends its side can take no answers, and its end may have come before the session.
    connection.socket.allowHalfOpen = false;
    this.#server.emit("connection", connection.socket);
    this.#arriving = undefined;
  }

  /** A session without a stream is idle, whatever else is sent on it. */
  #begin(session: ServerHttp2Session): void {
    const connection = this.#arriving;
    if (connection === undefined) throw new Error("a session began on a connection that was never taken");
    this.#connections.set(session, connection);
    connection.retire = () => session.close();
    let streams = 0;
    const wait = () => this.#clock.after(wireLimits.keepAliveMs, () => session.close());
    let idle = wait();
    session.on("stream", (stream) => {
      if (streams++ === 0) idle.cancel();
      stream.once("close", () => {
        if (--streams === 0 && !session.closed) idle = wait();
      });
    });
    session.once("close", () => {
      streams = Number.POSITIVE_INFINITY;
      idle.cancel();
      connection.socket.destroy();
    });
  }
}
