import type { IncomingMessage, Server, ServerResponse } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import { openFilesLimit, ServiceError, toError, wireLimits } from "../../base/index.ts";
import { Authenticator } from "../authentication/authenticator.ts";
import { BodyBudget } from "../body/read-body.ts";
import { readHead, type WireRequest } from "../http/request.ts";
import type { WholeRequest } from "../http/whole-request.ts";
import type { Door, DoorCounts, DoorOptions, DoorRoute, DoorTls, EnvironmentPeer } from "../interfaces.ts";
import type { WireResponse } from "../protocols/protocol.ts";
import { HostNames, isForeignPage, parseHost, plainAddress } from "../routing/host-names.ts";
import { serviceOf } from "../routing/service-of.ts";
import { alternateProtocol } from "../routing/spoken-protocol.ts";
import { parseSignature } from "../sigv4/parse.ts";
import { type CallerLink, linkOf } from "./caller-link.ts";
import { answerRoute, DoorRoutes, type RouteOutcome } from "./door-routes.ts";
import { answerExchange, type Exchange, type ExchangeParts } from "./exchange.ts";
import { unknownService } from "./failures.ts";
import { type Answering, FastPath, type FastPathDoor } from "./fast-path.ts";
import { readFirstBytes } from "./first-bytes.ts";
import { createHttp1Server } from "./http1-server.ts";
import type { Http2Sessions } from "./http2-sessions.ts";
import { type LoadedService, LoadedServices } from "./loaded-services.ts";
import { type Connection, OpenConnections } from "./open-connections.ts";
import { guardBody } from "./request-body.ts";
import { DateHeader, send } from "./responder.ts";
import { findTarget } from "./target.ts";
import { answerAndEnd, invalidOpening, plain } from "./upgrades.ts";

/** The one port: AWS's APIs by whatever protocol a client speaks, and the server's own routes beside them. */
export function createDoor(options: DoorOptions): Door {
  return new HttpDoor(options);
}

class HttpDoor implements Door {
  readonly #options: DoorOptions;
  /** Takes the connections from outside. */
  readonly #listener: net.Server;
  /** Speaks HTTP/1 on the connections that it is given. */
  readonly #server: Server;
  readonly #hostNames: HostNames;
  readonly #routes: DoorRoutes;
  readonly #services: LoadedServices;
  readonly #parts: ExchangeParts;
  readonly #date: DateHeader;
  readonly #open = new OpenConnections();
  #stopped: Promise<void> | undefined;
  #http2: Promise<Http2Sessions> | undefined;
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #fastPath: FastPathDoor;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#hostNames = new HostNames(options.hostNames);
    this.#routes = new DoorRoutes(options.routes);
    this.#services = new LoadedServices(options.services);
    this.#date = new DateHeader(options.clock);
    this.#parts = {
      authenticator: new Authenticator(options),
      budget: new BodyBudget(),
      clock: options.clock,
      log: options.log,
      onAnswered: options.onAnswered,
    };
    this.#server = createHttp1Server({
      serve: (message, response, invite) =>
        void this.#serve(this.#connection(message), message, response, invite),
      stays: (message) => this.#open.stays(this.#connection(message)),
      upgrade: (message, socket, head) => this.#upgrade(message, socket, head),
    });
    this.#fastPath = {
      clock: options.clock,
      prepare: (connection, whole, link) => this.#prepare(connection, whole, link),
      begin: (connection, answer) => this.#open.begin(connection, answer),
      date: () => this.#date.text,
      longWay: (connection) => {
        this.#server.emit("connection", connection.socket);
        connection.socket.resume();
      },
      failed: (path, error) => options.log.warn("an answer could not be sent", { path, error }),
    };
    this.#listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#take(socket, undefined),
    );
    const { connections, connectionsShare } = wireLimits;
    this.#listener.maxConnections = Math.min(connections, Math.floor(openFilesLimit() * connectionsShare));
  }

  async listen(address: { readonly host: string; readonly port: number }) {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once("error", reject);
      this.#listener.listen(address.port, address.host, () => {
        this.#listener.off("error", reject);
        resolve();
      });
    });
    this.#listener.on("error", (error) => this.#options.log.error("the listener failed", { error }));
    const bound = this.#listener.address() as AddressInfo;
    return { host: bound.address, port: bound.port };
  }

  accept(socket: Socket, peer: EnvironmentPeer): void {
    this.#take(socket, peer);
  }

  stopListening(): void {
    this.#stopped ??= new Promise<void>((resolve) => {
      if (this.#listener.listening) this.#listener.close(() => resolve());
      else resolve();
    });
    this.#open.retireOutside();
  }

  counts(): DoorCounts {
    return this.#open.counts();
  }

  async close(deadlineMs: number): Promise<void> {
    this.stopListening();
    await this.#open.close(deadlineMs, this.#options.clock);
    // Ends the watch over slow heads.
    this.#server.close();
    await this.#stopped;
  }

  #take(socket: Socket, peer: EnvironmentPeer | undefined): void {
    const connection = this.#open.add(socket, peer);
    if (connection === undefined) return;
    this.#connections.set(socket, connection);
    readFirstBytes(socket, this.#options.clock, (protocol) => {
      const { tls } = this.#options;
      if (protocol === "tls" && tls !== undefined) void this.#takeTls(connection, tls);
      else this.#takeHttp(connection, protocol);
    });
  }

  #takeHttp(connection: Connection, protocol: string): void {
    if (protocol === "http/2") void this.#takeHttp2(connection);
    else new FastPath(connection, this.#fastPath).start();
  }

  async #takeTls(connection: Connection, tls: DoorTls): Promise<void> {
    const raw = connection.socket;
    const { clock, log } = this.#options;
    try {
      const { handshake } = await import("./tls-handshake.ts");
      const allows = (name: string) => this.#hostNames.allows(name, raw.localAddress);
      const secure = await handshake(raw, tls, { clock, log, allows });
      if (secure === undefined) return;
      connection.socket = secure.socket;
      connection.scheme = "https";
      this.#connections.set(secure.socket, connection);
      if (this.#open.stays(connection)) this.#takeHttp(connection, secure.protocol);
      else secure.socket.destroy();
    } catch (error) {
      log.error("a TLS connection could not be served", { error: toError(error) });
      raw.destroy();
    }
  }

  /** Most servers never meet HTTP/2, so what speaks it is loaded when it is needed. */
  async #takeHttp2(connection: Connection): Promise<void> {
    this.#http2 ??= import("./http2-sessions.ts").then(
      ({ Http2Sessions }) =>
        new Http2Sessions(this.#options.clock, (...request) => void this.#serve(...request)),
    );
    try {
      const sessions = await this.#http2;
      if (!connection.socket.destroyed) sessions.take(connection);
    } catch (error) {
      this.#options.log.error("an HTTP/2 connection could not be served", { error: toError(error) });
      connection.socket.destroy();
    }
  }

  #connection(message: IncomingMessage): Connection {
    const connection = this.#connections.get(message.socket);
    if (connection === undefined) throw new Error("a request came on a connection that was never taken");
    return connection;
  }

  async #serve(
    connection: Connection,
    message: IncomingMessage,
    response: ServerResponse,
    invite: () => void,
  ): Promise<void> {
    guardBody(message);
    response.once("close", this.#open.begin(connection, response));
    try {
      const request = readHead(message);
      const refusal = this.#refusal(request, connection);
      if (refusal !== undefined) {
        await send(message, response, refusal, this.#date.text);
        return;
      }
      const route = connection.peer === undefined ? this.#routes.find(request) : undefined;
      if (route !== undefined) await this.#serveRoute(route, request, message, response, invite);
      else await this.#serveApi(request, connection, message, response, invite);
    } catch (thrown) {
      this.#fail(message, response, toError(thrown));
    }
  }

  /** What a browser could be made to send from a foreign page is refused before anything else is looked at. */
  #refusal(request: WireRequest, connection: Connection): WireResponse | undefined {
    const header = request.headers["host"];
    if (header !== undefined && header !== connection.acceptedHost) {
      const host = parseHost(header);
      if (host === undefined) return plain(400, "The Host header is malformed.");
      if (!this.#hostNames.allows(host.name, connection.socket.localAddress)) {
        return plain(403, `This server does not answer for the host ${host.name}.`);
      }
      connection.acceptedHost = header;
    }
    return isForeignPage(request) ? plain(403, "Requests from other sites' pages are refused.") : undefined;
  }

  #upgrade(message: IncomingMessage, socket: Socket, head: Buffer): void {
    const connection = this.#connection(message);
    const { peer } = connection;
    const request = readHead(message);
    const refusal = this.#refusal(request, connection) ?? invalidOpening(request);
    if (refusal !== undefined) return answerAndEnd(socket, refusal);
    const host = parseHost(request.headers["host"] ?? "")?.name ?? "";
    const taker = this.#options.upgrades?.find((upgrade) => upgrade.matches(host, request.path));
    if (taker === undefined) return answerAndEnd(socket, plain(400, "This address takes no WebSockets."));
    socket.on("error", () => socket.destroy());
    taker.handle(message, socket, head, { host, peer, sourceIp: plainAddress(socket.remoteAddress) });
  }

  async #serveRoute(
    route: DoorRoute,
    request: WireRequest,
    message: IncomingMessage,
    response: ServerResponse,
    invite: () => void,
  ): Promise<void> {
    const requestId = this.#options.randomness.uuid();
    response.setHeader("x-amzn-requestid", requestId);
    const { authenticator, clock, onAnswered } = this.#parts;
    const startedAt = clock.monotonicMs();
    const sourceIp = plainAddress(message.socket.remoteAddress);
    const told = (outcome: RouteOutcome) =>
      onAnswered?.({
        service: "lambkin",
        operation: `${route.method} ${route.path}`,
        requestId,
        errorCode: undefined,
        ...outcome,
        durationMs: clock.monotonicMs() - startedAt,
        sourceIp,
        environmentId: undefined,
        input: undefined,
      });
    const refusal = await answerRoute(route, request, message, response, { authenticator, invite, told });
    if (refusal !== undefined) await send(message, response, refusal, this.#date.text);
  }

  async #serveApi(
    request: WireRequest,
    connection: Connection,
    message: IncomingMessage,
    response: ServerResponse,
    invite: () => void,
  ): Promise<void> {
    const signature = parseSignature(request);
    const facts = serviceOf(request, signature);
    if ("unknown" in facts) {
      await send(message, response, unknownService(facts.unknown, this.#options.randomness), this.#date.text);
      return;
    }
    const loaded = this.#services.get(facts, alternateProtocol(request, facts));
    const service = loaded instanceof Promise ? await loaded : loaded;
    const exchange = this.#exchange(connection, {
      arrived: message,
      link: linkOf(response),
      request,
      signature,
      service,
      invite,
    });
    await send(message, response, await answerExchange(exchange, this.#parts), this.#date.text);
  }

  /** Requests for operations without streams may be answered on the fast path. */
  #prepare(connection: Connection, { body, request }: WholeRequest, link: CallerLink) {
    if (this.#refusal(request, connection) !== undefined) return undefined;
    if (connection.peer === undefined && this.#routes.find(request) !== undefined) return undefined;
    const signature = parseSignature(request);
    const facts = serviceOf(request, signature);
    if ("unknown" in facts || facts.name === "s3") return undefined;
    const prepared = (service: LoadedService): Answering | undefined => {
      const target = findTarget({ request, service }, request.path, request.headers);
      if (!(target instanceof ServiceError) && !service.operation(target.operation).whole) return undefined;
      const parts = { arrived: body, link, request, signature, service, invite: ignore };
      return () => answerExchange(this.#exchange(connection, parts), this.#parts, target);
    };
    const loaded = this.#services.get(facts, alternateProtocol(request, facts));
    return loaded instanceof Promise ? loaded.then(prepared) : prepared(loaded);
  }

  #exchange(
    connection: Connection,
    parts: Pick<Exchange, "arrived" | "link" | "request" | "signature" | "service" | "invite">,
  ): Exchange {
    const { arrived, invite, link, request, service, signature } = parts;
    const { peer, scheme, socket } = connection;
    connection.sourceIp ??= plainAddress(socket.remoteAddress);
    const { randomness } = this.#options;
    const s3 = service.facts.name === "s3";
    const host = request.headers["host"] ?? defaultHost(socket);
    return {
      arrived,
      link,
      request,
      signature,
      service,
      peer,
      context: {
        requestId: s3 ? randomness.hex(16).toUpperCase() : randomness.uuid(),
        extendedRequestId: s3 ? Buffer.from(randomness.bytes(57)).toString("base64") : "",
        method: request.method,
        path: request.path,
      },
      receivedAtMs: this.#parts.clock.monotonicMs(),
      sourceIp: connection.sourceIp,
      endpoint: `${scheme}://${host}`,
      hostBucket: s3 ? this.#hostNames.bucketOf(parseHost(host)?.name ?? "") : undefined,
      invite,
    };
  }

  /** Nothing more can be said to the caller: it is gone, or half of an answer is out. */
  #fail(message: IncomingMessage, response: ServerResponse, error: Error): void {
    if (!message.socket.destroyed) {
      this.#options.log.warn("an answer could not be sent", { path: message.url, error });
    }
    if (!response.headersSent) {
      response.writeHead(500, { connection: "close" }).end();
      return;
    }
    message.socket.destroy();
  }
}

function ignore(): void {
  // The body of a request that came whole is here.
}

function defaultHost(socket: Socket): string {
  const address = plainAddress(socket.localAddress);
  return `${address.includes(":") ? `[${address}]` : address}:${socket.localPort}`;
}
