import type { Caller } from "../authentication/authenticator.ts";
import type { OperationModel } from "../model/table.ts";
import type { RequestContext } from "../service.ts";
import type { CallerLink } from "./caller-link.ts";
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
  readonly receivedAtMs: number;
  readonly sourceIp: string;
  readonly endpoint: string;
  declare readonly environmentId?: string;
  readonly #link: CallerLink;
  /** Names and values in turn. */
  readonly #extra: string[];
  #abort: AbortController | undefined;

  constructor(exchange: Exchange, model: OperationModel, caller: Caller, extra: string[]) {
    const { context, peer, request, service } = exchange;
    this.requestId = context.requestId;
    this.extendedRequestId = context.extendedRequestId;
    this.service = service.facts.name;
    this.operation = model.name;
    this.account = caller.identity.account;
    this.region = caller.region;
    this.identity = caller.identity;
    this.headers = request.headers;
    this.receivedAtMs = exchange.receivedAtMs;
    this.sourceIp = exchange.sourceIp;
    this.endpoint = exchange.endpoint;
    if (peer !== undefined) this.environmentId = peer.environmentId;
    this.#link = exchange.link;
    this.#extra = extra;
  }

  /** Made when it is asked for: most handlers never do. */
  get signal(): AbortSignal {
    this.#abort ??= abortWhenGone(this.#link);
    return this.#abort.signal;
  }

  setHeader(name: string, value: string): void {
    this.#extra.push(name.toLowerCase(), value);
  }
}

function abortWhenGone(link: CallerLink): AbortController {
  const abort = new AbortController();
  if (link.gone) abort.abort();
  link.onGone(() => abort.abort());
  return abort;
}
