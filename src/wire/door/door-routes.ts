import type { IncomingMessage, ServerResponse } from "node:http";
import { type CallerIdentity, ServiceError } from "../../base/index.ts";
import type { Authenticator, Caller } from "../authentication/authenticator.ts";
import { sigV4Errors } from "../authentication/errors.ts";
import type { WireRequest } from "../http/request.ts";
import type { DoorRoute } from "../interfaces.ts";
import type { WireResponse } from "../protocols/protocol.ts";
import { sha256Hex } from "../sigv4/hmac.ts";
import { parseSignature } from "../sigv4/parse.ts";

/** The signing name of the server's own routes. */
const SIGNING_NAMES = ["lambkin"];

/** The server's own routes. Requests for APIs, which are most, are told from them by how their paths begin. */
export class DoorRoutes {
  readonly #routes: readonly DoorRoute[];
  /** What all paths begin with. */
  readonly #prefix: string;

  constructor(routes: readonly DoorRoute[]) {
    this.#routes = routes;
    this.#prefix = routes.map((route) => route.path).reduce(commonPrefix, routes[0]?.path ?? "");
  }

  find({ method, path }: WireRequest): DoorRoute | undefined {
    if (!path.startsWith(this.#prefix)) return undefined;
    return this.#routes.find(
      (route) =>
        route.method === method &&
        (route.path.endsWith("/") ? path.startsWith(route.path) : path === route.path),
    );
  }
}

function commonPrefix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return one.slice(0, length);
}

/** What a signed route made of a request. */
export interface RouteOutcome {
  readonly identity: CallerIdentity | undefined;
  readonly region: string | undefined;
  readonly status: number;
  readonly errorCode?: string;
}

const NO_BODY = new Uint8Array(0);

/** Lets the route answer; gives the refusal of a caller who may not. A signed route takes a body only if it says so. */
export async function answerRoute(
  route: DoorRoute,
  request: WireRequest,
  message: IncomingMessage,
  response: ServerResponse,
  parts: {
    readonly authenticator: Authenticator;
    readonly invite: () => void;
    readonly told: (outcome: RouteOutcome) => void;
  },
): Promise<WireResponse | undefined> {
  if (route.access === "open") {
    parts.invite();
    await route.handle(message, response, undefined, NO_BODY);
    return undefined;
  }
  let caller: Caller | undefined;
  try {
    const subject = {
      request,
      resource: request.path,
      parsed: parseSignature(request),
      service: { signingNames: SIGNING_NAMES, anonymous: false },
      errors: sigV4Errors("restJson"),
      peer: undefined,
    };
    caller = await parts.authenticator.identify(subject);
    const body = await bodyOf(route, request, message, parts.invite);
    parts.authenticator.verify(subject, caller, sha256Hex(body));
    await route.handle(message, response, caller.identity, body);
    parts.told({ identity: caller.identity, region: caller.region, status: response.statusCode });
    return undefined;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { status, code } = error;
    parts.told({ identity: caller?.identity, region: caller?.region, status, errorCode: code });
    return {
      status: error.status,
      headers: { "content-type": "application/json", "x-amzn-errortype": error.code },
      body: JSON.stringify({ message: error.message }),
    };
  }
}

async function bodyOf(
  { mostBodyBytes = 0 }: DoorRoute,
  request: WireRequest,
  message: IncomingMessage,
  invite: () => void,
): Promise<Uint8Array> {
  if (!(Number(request.headers["content-length"] ?? 0) > 0 || "transfer-encoding" in request.headers))
    return NO_BODY;
  if (mostBodyBytes === 0) throw refusal(400, "This request takes no body.");
  const tooLarge = refusal(413, `The body is larger than ${mostBodyBytes} bytes.`);
  if (Number(request.headers["content-length"] ?? 0) > mostBodyBytes) throw tooLarge;
  invite();
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > mostBodyBytes) throw tooLarge;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function refusal(status: number, message: string): ServiceError {
  return new ServiceError({ code: "InvalidRequestContentException", status, message });
}
