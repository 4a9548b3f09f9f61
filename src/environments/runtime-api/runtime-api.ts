import type { Socket } from "node:net";
import { type Clock, EpochText, environmentLimits, invariant, type Log } from "../../base/index.ts";
import type { ResponseReceiver } from "../interfaces.ts";
import { invalidTransition, type RuntimeApiError, runtimeApiErrors } from "./errors.ts";
import { HttpConnection, type HttpExchange, type RequestHandler } from "./http-connection.ts";
import {
  namesInvalidMode,
  type PostedResult,
  platformError,
  resultOfErrorPost,
  resultOfResponsePost,
} from "./posted-result.ts";
import { AfterBody, accept, answer, CollectBody, refuse, refused } from "./request-handlers.ts";
import { StreamedBody } from "./streamed-body.ts";

/** An invocation as the runtime gets it. */
export interface NextEvent {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly invokedFunctionArn: string;
  readonly traceId: string;
  readonly clientContext?: string;
  /** JSON text. */
  readonly cognitoIdentity?: string;
  readonly contentType?: string;
  readonly tenantId?: string;
  readonly payload: Uint8Array;
  /** Gets the response while it arrives. */
  readonly response?: ResponseReceiver;
}

export interface RuntimeApiListener {
  /** The runtime asks for work: for the first time (its init is over) or again (the invocation is over). */
  onReady(): void;
  onInitError(failure: PostedResult): void;
  /** A snapshot would be taken now; the runtime goes on when `release` is called. */
  onRestoreReady?(release: () => void): void;
  /** The first bytes of what the present invocation came to. */
  onPosting?(): void;
  /** What the present invocation came to, once per invocation and before `onReady`. */
  onResult(result: PostedResult): void;
}

/** Takes what belongs to another API on the same listener; undefined if it is none of its own. */
export type FurtherApi = (exchange: HttpExchange) => RequestHandler | undefined;

/** The names appear in error messages. */
type State =
  | "Started"
  | "InitError"
  | "RestoreReady"
  | "RuntimeRestoreErrorState"
  | "Ready"
  | "Running"
  | "InvocationResponse"
  | "InvocationErrorResponse"
  | "RuntimeResponseSentState";

/** Where asking for an invocation ends an init, a restore or an invocation, or goes on waiting. */
const MAY_ASK: ReadonlySet<State> = new Set(["Started", "RestoreReady", "Ready", "RuntimeResponseSentState"]);

const API = "/2018-06-01/runtime/";
const NEXT = `${API}invocation/next`;
const INIT_ERROR = `${API}init/error`;
const RESTORE_NEXT = `${API}restore/next`;
const RESTORE_ERROR = `${API}restore/error`;
const PING = "/2018-06-01/ping";
const INVOCATION = /^\/2018-06-01\/runtime\/invocation\/([^/?]+)\/(response|error)$/;

/**
 * The Lambda Runtime API of one execution environment, https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
 * Everything that arrives here was written by a function and is hostile.
 */
export class RuntimeApi {
  readonly #listener: RuntimeApiListener;
  readonly #furtherApis: readonly FurtherApi[];
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #connections = new Set<HttpConnection>();
  readonly #longHeads = new Set<HttpConnection>();
  #state: State = "Started";
  #event: NextEvent | undefined;
  /** Exchanges that wait in `next`; the newest gets the event. */
  #waiting: HttpExchange[] = [];

  constructor(
    listener: RuntimeApiListener,
    furtherApis: readonly FurtherApi[],
    { clock, log }: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#clock = clock;
    this.#listener = listener;
    this.#furtherApis = furtherApis;
    this.#log = log;
  }

  accept(socket: Socket): void {
    if (this.#connections.size >= environmentLimits.runtimeConnections) {
      socket.destroy();
      return;
    }
    this.#connections.add(
      new HttpConnection(socket, {
        clock: this.#clock,
        route: (exchange) => this.#route(exchange),
        grantsLongHead: (connection) => {
          if (this.#longHeads.size >= environmentLimits.runtimeLongHeads) return false;
          this.#longHeads.add(connection);
          return true;
        },
        onLongHeadEnd: (connection) => this.#longHeads.delete(connection),
        onClosed: (connection) => {
          this.#longHeads.delete(connection);
          this.#connections.delete(connection);
        },
        onFault: (error) => this.#log.error("Runtime API request failed", { error }),
      }),
    );
  }

  /** For a new runtime process: what the old one still says is not heard. */
  reset(): void {
    this.#state = "Started";
    this.#event = undefined;
    this.#waiting = [];
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
    this.#longHeads.clear();
  }

  /** Hands the waiting runtime its next invocation. */
  dispatch(event: NextEvent): void {
    invariant(this.#state === "Ready", `dispatch to a runtime in state ${this.#state}`);
    this.#state = "Running";
    this.#event = event;
    for (let exchange = this.#waiting.pop(); exchange !== undefined; exchange = this.#waiting.pop()) {
      if (!exchange.open) continue;
      sendEvent(exchange, event);
      return;
    }
  }

  #route(exchange: HttpExchange): RequestHandler {
    const { method, target } = exchange.head;
    if (target === NEXT) return method === "GET" ? this.#next(exchange) : answer(exchange, 405);
    const post = INVOCATION.exec(target);
    if (post !== null) {
      if (method !== "POST") return answer(exchange, 405);
      return this.#invocationPost(exchange, post[1] as string, post[2] as "response" | "error");
    }
    switch (target) {
      case INIT_ERROR:
        return method === "POST" ? this.#initError(exchange) : answer(exchange, 405);
      case RESTORE_NEXT:
        if (this.#listener.onRestoreReady === undefined) return this.#further(exchange);
        return method === "GET" ? this.#restoreNext(exchange) : answer(exchange, 405);
      case RESTORE_ERROR:
        if (this.#listener.onRestoreReady === undefined) return this.#further(exchange);
        return method === "POST" ? this.#restoreError(exchange) : answer(exchange, 405);
      case PING:
        return method === "GET" ? answer(exchange, 200, "pong") : answer(exchange, 405);
      default:
        return this.#further(exchange);
    }
  }

  #next(exchange: HttpExchange): RequestHandler {
    const onAbandoned = () => {
      this.#waiting = this.#waiting.filter((other) => other !== exchange);
    };
    return new AfterBody(
      exchange,
      () => {
        // A runtime that lost the answer asks again and gets the same event.
        if (this.#state === "Running" && this.#event !== undefined) {
          sendEvent(exchange, this.#event);
          return;
        }
        if (!MAY_ASK.has(this.#state)) {
          refuse(exchange, invalidTransition(this.#state, "Ready"));
          return;
        }
        this.#waiting.push(exchange);
        if (this.#state === "Ready") return;
        this.#state = "Ready";
        this.#event = undefined;
        this.#listener.onReady();
      },
      onAbandoned,
    );
  }

  #further(exchange: HttpExchange): RequestHandler {
    for (const api of this.#furtherApis) {
      const handler = api(exchange);
      if (handler !== undefined) return handler;
    }
    return answer(exchange, 404, "404 page not found\n");
  }

  /** The call of runtimes that can be restored from a snapshot, at the end of their init. */
  #restoreNext(exchange: HttpExchange): RequestHandler {
    if (this.#state !== "Started") return refused(exchange, invalidTransition(this.#state, "RestoreReady"));
    this.#state = "RestoreReady";
    return new AfterBody(exchange, () =>
      this.#listener.onRestoreReady?.(() => exchange.respond(200, {}, "")),
    );
  }

  #restoreError(exchange: HttpExchange): RequestHandler {
    return this.#startError(exchange, "RestoreReady", "RuntimeRestoreErrorState");
  }

  #initError(exchange: HttpExchange): RequestHandler {
    return this.#startError(exchange, "Started", "InitError");
  }

  #startError(exchange: HttpExchange, from: State, to: State): RequestHandler {
    if (this.#state !== from) return refused(exchange, invalidTransition(this.#state, to));
    this.#state = to;
    return new CollectBody(exchange, (body) => {
      const result = resultOfErrorPost(body.bytes(), exchange.head.fields);
      accept(exchange);
      this.#listener.onInitError(result);
    });
  }

  /** Whether the id is right is decided before the state is touched. */
  #invocationPost(exchange: HttpExchange, id: string, kind: "response" | "error"): RequestHandler {
    const event = this.#event;
    if (event === undefined || event.requestId !== id || this.#state === "RuntimeResponseSentState") {
      return refused(exchange, runtimeApiErrors.InvalidRequestID);
    }
    const posting = kind === "response" ? "InvocationResponse" : "InvocationErrorResponse";
    if (this.#state !== "Running") return refused(exchange, invalidTransition(this.#state, posting));
    this.#state = posting;
    this.#listener.onPosting?.();
    const finish = (result: PostedResult, answerError?: RuntimeApiError) => {
      if (this.#event !== event || this.#state !== posting) return; // A reset came in between.
      this.#state = "RuntimeResponseSentState";
      this.#listener.onResult(result);
      if (answerError === undefined) accept(exchange);
      else refuse(exchange, answerError);
    };
    const truncated = () => {
      const { errorMessage } = runtimeApiErrors.TruncatedHTTPRequest;
      const result = platformError("Runtime.TruncatedResponse", `RequestId: ${id} Error: ${errorMessage}`);
      finish(result, runtimeApiErrors.TruncatedHTTPRequest);
    };
    const { response } = event;
    if (response !== undefined && kind === "response" && !namesInvalidMode(exchange.head.fields)) {
      return new StreamedBody(exchange, response, {
        wanted: () => this.#event === event && this.#state === posting,
        finish,
        truncated,
      });
    }
    return new CollectBody(
      exchange,
      (body, trailers) => {
        const { head } = exchange;
        if (kind === "error") finish(resultOfErrorPost(body.bytes(), head.fields));
        else {
          const { result, refusal } = resultOfResponsePost(body, head.fields, trailers);
          finish(result, refusal);
        }
      },
      truncated,
    );
  }
}

const DEADLINES = new EpochText();

function sendEvent(exchange: HttpExchange, event: NextEvent): void {
  const { clientContext, cognitoIdentity, contentType, tenantId, traceId } = event;
  const fields: Record<string, string> = {
    "Content-Type": contentType ?? "application/json",
    "Lambda-Runtime-Aws-Request-Id": event.requestId,
    "Lambda-Runtime-Deadline-Ms": DEADLINES.of(event.deadlineMs),
    "Lambda-Runtime-Invoked-Function-Arn": event.invokedFunctionArn,
  };
  if (traceId !== "") fields["Lambda-Runtime-Trace-Id"] = traceId;
  if (clientContext !== undefined) fields["Lambda-Runtime-Client-Context"] = clientContext;
  if (cognitoIdentity !== undefined) fields["Lambda-Runtime-Cognito-Identity"] = cognitoIdentity;
  if (tenantId !== undefined) fields["Lambda-Runtime-Aws-Tenant-Id"] = tenantId;
  exchange.respond(200, fields, event.payload);
}
