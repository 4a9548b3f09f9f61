import { environmentLimits, type Randomness } from "../../base/index.ts";
import type { RuntimeApiError } from "../runtime-api/errors.ts";
import type { HttpExchange, RequestHandler } from "../runtime-api/http-connection.ts";
import {
  AfterBody,
  accept,
  answer,
  CollectBody,
  refuse,
  refused,
  respondJson,
} from "../runtime-api/request-handlers.ts";
import { extensionErrors, invalidExtensionTransition, unknownIdentifier } from "./errors.ts";
import type { Extension, ExtensionEvent, ExtensionState } from "./extension.ts";
import { parseRegistration } from "./registration.ts";

export interface ExtensionsApiListener {
  /** An extension registered, asked for its next event, or told that it failed. */
  onChange(extension: Extension): void;
}

/** What a registration answers. */
export interface ExtensionsFunction {
  readonly functionName: string;
  readonly version: string;
  readonly handler: string;
  readonly account: string;
}

/** In these states an extension gets events, at once or when it asks for them. */
const LISTENING: readonly ExtensionState[] = ["Registered", "Ready", "Running"];

const API = "/2020-01-01/extension/";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The Lambda Extensions API of one execution environment,
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html. It keeps what extensions there are and
 * in which states; when to launch, wait for or end them is its owner's.
 */
export class ExtensionsApi {
  readonly #listener: ExtensionsApiListener;
  readonly #function: ExtensionsFunction;
  readonly #randomness: Pick<Randomness, "uuid">;
  #extensions: Extension[] = [];
  #registrationOpen = false;

  constructor(listener: ExtensionsApiListener, of: ExtensionsFunction, randomness: Pick<Randomness, "uuid">) {
    this.#listener = listener;
    this.#function = of;
    this.#randomness = randomness;
  }

  get all(): readonly Extension[] {
    return this.#extensions;
  }

  get some(): boolean {
    return this.#extensions.length > 0;
  }

  /** For a new init: the old extensions are gone. */
  reset(): void {
    this.#extensions = [];
    this.#registrationOpen = true;
  }

  /** The platform launches a file of this name. */
  launched(name: string): Extension {
    return this.#add(name, true, "Started", []);
  }

  closeRegistration(): void {
    this.#registrationOpen = false;
  }

  /** The registered extension of an identifier, for the other APIs that take one. */
  find(id: string): Extension | undefined {
    return this.#extensions.find((extension) => extension.id === id && extension.state !== "Started");
  }

  /** Sends an event to all that registered for it; they run until they ask for the next. */
  send(event: ExtensionEvent, document: object): readonly Extension[] {
    const receivers = this.#extensions.filter(
      ({ events, state }) => events.includes(event) && LISTENING.includes(state),
    );
    for (const extension of receivers) {
      const fields: Record<string, string> = {};
      if (event === "INVOKE") fields["Lambda-Extension-Event-Identifier"] = this.#randomness.uuid();
      extension.state = "Running";
      extension.pending = { document, fields };
      this.#deliver(extension);
    }
    return receivers;
  }

  readonly route = (exchange: HttpExchange): RequestHandler | undefined => {
    const { method, target } = exchange.head;
    if (!target.startsWith(API)) return undefined;
    switch (target.slice(API.length)) {
      case "register":
        return method === "POST" ? this.#register(exchange) : answer(exchange, 405);
      case "event/next":
        return method === "GET" ? this.#next(exchange) : answer(exchange, 405);
      case "init/error":
        return method === "POST" ? this.#failed(exchange, "InitError") : answer(exchange, 405);
      case "exit/error":
        return method === "POST" ? this.#failed(exchange, "ExitError") : answer(exchange, 405);
      default:
        return answer(exchange, 404, "404 page not found\n");
    }
  };

  #register(exchange: HttpExchange): RequestHandler {
    const name = exchange.head.fields.get("lambda-extension-name") ?? "";
    if (name === "") return refused(exchange, extensionErrors.emptyName);
    return new CollectBody(
      exchange,
      (body) => {
        const registered = this.#registration(name, body.bytes());
        if ("errorType" in registered) {
          refuse(exchange, registered);
          return;
        }
        this.#answerRegistration(exchange, registered);
        this.#listener.onChange(registered);
      },
      undefined,
      environmentLimits.extensionBodyBytes,
    );
  }

  #registration(name: string, body: Buffer): Extension | RuntimeApiError {
    const known = this.#extensions.find((extension) => extension.name === name);
    const external = known?.external === true;
    const events = parseRegistration(body, external);
    if ("errorType" in events) return events;
    if (!this.#registrationOpen) return extensionErrors.registrationClosed;
    if (known !== undefined) {
      if (known.state !== "Started") return extensionErrors.nameTaken;
      known.state = "Registered";
      known.events = events.events;
      return known;
    }
    if (this.#extensions.length >= environmentLimits.extensions) return extensionErrors.tooMany;
    return this.#add(name, false, "Registered", events.events);
  }

  #answerRegistration(exchange: HttpExchange, { id }: Extension): void {
    const features = exchange.head.fields.get("lambda-extension-accept-feature") ?? "";
    const withAccount = features.split(",").some((feature) => feature.trim() === "accountId");
    const { account, functionName, handler, version } = this.#function;
    const document = {
      ...(withAccount ? { accountId: account } : {}),
      functionName,
      functionVersion: version,
      handler,
    };
    respondJson(exchange, 200, document, { "Lambda-Extension-Identifier": id });
  }

  #add(name: string, external: boolean, state: ExtensionState, events: readonly ExtensionEvent[]): Extension {
    const extension: Extension = { name, external, id: this.#randomness.uuid(), state, events };
    this.#extensions.push(extension);
    return extension;
  }

  #next(exchange: HttpExchange): RequestHandler {
    const extension = this.#identified(exchange);
    if ("errorType" in extension) return refused(exchange, extension);
    const abandon = () => {
      if (extension.waiting === exchange) extension.waiting = undefined;
    };
    return new AfterBody(
      exchange,
      () => {
        // One whose connection broke asks again, also for an event that it did not get.
        if (!LISTENING.includes(extension.state)) {
          refuse(exchange, invalidExtensionTransition(extension.state, "Ready", extension.id));
          return;
        }
        extension.waiting = exchange;
        if (extension.pending !== undefined) {
          this.#deliver(extension);
          return;
        }
        if (extension.state === "Ready") return;
        extension.state = "Ready";
        this.#listener.onChange(extension);
      },
      abandon,
    );
  }

  #deliver(extension: Extension): void {
    const { pending, waiting } = extension;
    if (pending === undefined || waiting === undefined || !waiting.open) return;
    extension.pending = undefined;
    extension.waiting = undefined;
    respondJson(waiting, 200, pending.document, pending.fields);
  }

  #failed(exchange: HttpExchange, to: "InitError" | "ExitError"): RequestHandler {
    const extension = this.#identified(exchange);
    if ("errorType" in extension) return refused(exchange, extension);
    const type = exchange.head.fields.get("lambda-extension-function-error-type") ?? "";
    if (type === "") return refused(exchange, extensionErrors.missingErrorType);
    return new CollectBody(
      exchange,
      () => {
        const from: readonly ExtensionState[] = to === "InitError" ? ["Registered"] : LISTENING;
        if (!from.includes(extension.state)) {
          refuse(exchange, invalidExtensionTransition(extension.state, to, extension.id));
          return;
        }
        extension.state = to;
        extension.failure = type;
        accept(exchange);
        this.#listener.onChange(extension);
      },
      undefined,
      environmentLimits.extensionBodyBytes,
    );
  }

  #identified(exchange: HttpExchange): Extension | RuntimeApiError {
    const id = exchange.head.fields.get("lambda-extension-identifier") ?? "";
    if (id === "") return extensionErrors.missingIdentifier;
    if (!UUID.test(id)) return extensionErrors.invalidIdentifier;
    return this.find(id.toLowerCase()) ?? unknownIdentifier(id);
  }
}
