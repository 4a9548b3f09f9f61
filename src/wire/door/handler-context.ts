import type { ServerResponse } from "node:http";
import type { Caller } from "../authentication/authenticator.ts";
import type { OperationModel } from "../model/table.ts";
import type { RequestContext } from "../service.ts";
import type { Exchange } from "./exchange.ts";

/** What a handler is told of its request. */
export class HandlerContext implements RequestContext {
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly service: RequestContext["service"];
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly identity: Caller["identity"];
  readonly headers: Readonly<Record<string, string>>;
  readonly sourceIp: string;
  readonly endpoint: string;
  declare readonly environmentId?: string;
  readonly #response: ServerResponse;
  readonly #extra: Record<string, string>;
  #abort: AbortController | undefined;

  constructor(exchange: Exchange, model: OperationModel, caller: Caller, extra: Record<string, string>) {
    const { context, peer, request, service } = exchange;
    this.requestId = context.requestId;
    this.extendedRequestId = context.extendedRequestId;
    this.service = service.facts.name;
    this.operation = model.name;
    this.account = caller.identity.account;
    this.region = caller.region;
    this.identity = caller.identity;
    this.headers = request.headers;
    this.sourceIp = exchange.sourceIp;
    this.endpoint = exchange.endpoint;
    if (peer !== undefined) this.environmentId = peer.environmentId;
    this.#response = exchange.response;
    this.#extra = extra;
  }

  /** Made when it is asked for: most handlers never do. */
  get signal(): AbortSignal {
    this.#abort ??= abortWhenGone(this.#response);
    return this.#abort.signal;
  }

  setHeader(name: string, value: string): void {
    this.#extra[name.toLowerCase()] = value;
  }
}

function abortWhenGone(response: ServerResponse): AbortController {
  const abort = new AbortController();
  if (response.destroyed) abort.abort();
  response.once("close", () => {
    if (!response.writableFinished) abort.abort();
  });
  return abort;
}
