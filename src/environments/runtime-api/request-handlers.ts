import { environmentLimits } from "../../base/index.ts";
import { BodyCollector } from "./body-collector.ts";
import type { RuntimeApiError } from "./errors.ts";
import type { HttpExchange, RequestHandler } from "./http-connection.ts";
import type { HttpFields } from "./http-request-parser.ts";
import { encodeResponse } from "./http-response.ts";

const JSON_FIELDS = { "Content-Type": "application/json" };
const TEXT_FIELDS = { "Content-Type": "text/plain; charset=utf-8" };
const ACCEPTED = encodeResponse(202, JSON_FIELDS, '{"status":"OK"}\n');
const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Reads over a body that nobody wants, then acts. */
export class AfterBody implements RequestHandler {
  readonly #exchange: HttpExchange;
  readonly #act: () => void;
  readonly #abandoned: () => void;

  constructor(exchange: HttpExchange, act: () => void, abandoned: () => void = () => undefined) {
    this.#exchange = exchange;
    this.#act = act;
    this.#abandoned = abandoned;
  }

  onBody(): void {
    // Dropped.
  }

  onEnd(): void {
    if (this.#exchange.open) this.#act();
  }

  onAbandoned(): void {
    this.#abandoned();
  }
}

/** Collects a body, then acts. */
export class CollectBody implements RequestHandler {
  readonly #body: BodyCollector;
  readonly #expectedBytes: number | undefined;
  readonly #done: (body: BodyCollector, trailers: HttpFields) => void;
  readonly #abandoned: () => void;

  constructor(
    exchange: HttpExchange,
    done: (body: BodyCollector, trailers: HttpFields) => void,
    abandoned: () => void = () => undefined,
    mostBytes: number = environmentLimits.runtimePayloadBytes,
  ) {
    this.#body = new BodyCollector(mostBytes);
    this.#expectedBytes = exchange.head.contentLength;
    this.#done = done;
    this.#abandoned = abandoned;
  }

  onBody(bytes: Buffer): void {
    this.#body.append(bytes, this.#expectedBytes);
  }

  onEnd(trailers: HttpFields): void {
    this.#done(this.#body, trailers);
  }

  onAbandoned(): void {
    this.#abandoned();
  }
}

export function answer(exchange: HttpExchange, status: number, text = ""): RequestHandler {
  return new AfterBody(exchange, () => exchange.respond(status, TEXT_FIELDS, text));
}

export function accept(exchange: HttpExchange): void {
  exchange.send(ACCEPTED);
}

/** A document as the service writes it: characters that mean something to HTML escaped, and a line feed at the end. */
export function respondJson(
  exchange: HttpExchange,
  status: number,
  document: unknown,
  fields: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(document).replace(
    /[<>&\u2028\u2029]/g,
    (character) => ESCAPES[character] as string,
  );
  exchange.respond(status, { ...JSON_FIELDS, ...fields }, `${text}\n`);
}

export function refused(exchange: HttpExchange, error: RuntimeApiError): RequestHandler {
  return new AfterBody(exchange, () => refuse(exchange, error));
}

export function refuse(exchange: HttpExchange, { status, errorMessage, errorType }: RuntimeApiError): void {
  respondJson(exchange, status, { errorMessage, errorType });
}
