import type { IncomingMessage } from "node:http";
import { type Clock, invariant, type Log, ServiceError, wireLimits } from "../../base/index.ts";
import type { AuthenticationSubject, Authenticator, Caller } from "../authentication/authenticator.ts";
import { decompress } from "../body/compression.ts";
import { withHoistedHeaders } from "../body/hoisted-headers.ts";
import { bodyLimit } from "../body/limits.ts";
import {
  announcesNoMoreThan,
  type BodyBudget,
  type BufferedBody,
  bodyAtHand,
  readBody,
} from "../body/read-body.ts";
import { unframedHeaders } from "../body/s3-payload.ts";
import { SerializationError } from "../codecs/serialization-error.ts";
import { QueryParameters, type WireRequest } from "../http/request.ts";
import type { AnsweredRequest, EnvironmentPeer } from "../interfaces.ts";
import type { OperationModel } from "../model/table.ts";
import type { AnswerContext, OperationCodec, OperationRequest, WireResponse } from "../protocols/protocol.ts";
import { sha256Hex } from "../sigv4/hmac.ts";
import type { ParsedSignature } from "../sigv4/parse.ts";
import { type Validator, validationMessage } from "../validation/validator.ts";
import type { CallerLink } from "./caller-link.ts";
import { declaredEventsHash, requestMessages, withEventBody } from "./event-bodies.ts";
import { asServiceError, notImplemented } from "./failures.ts";
import { HandlerContext } from "./handler-context.ts";
import type { LoadedService } from "./loaded-services.ts";
import { takeS3Body } from "./s3-body.ts";
import { findTarget, resolveForm, type Target } from "./target.ts";

/** What all exchanges share. */
export interface ExchangeParts {
  readonly authenticator: Authenticator;
  readonly budget: BodyBudget;
  readonly clock: Clock;
  readonly log: Log;
  readonly onAnswered: ((answered: AnsweredRequest) => void) | undefined;
}

/** One request for an AWS API, on its way to a handler and back. */
export interface Exchange {
  /** Of a request that came whole its body, else the message that brings it. */
  readonly arrived: Buffer | IncomingMessage;
  readonly link: CallerLink;
  readonly request: WireRequest;
  readonly signature: ParsedSignature;
  readonly service: LoadedService;
  readonly peer: EnvironmentPeer | undefined;
  readonly context: AnswerContext;
  /** On the monotonic clock. */
  readonly receivedAtMs: number;
  readonly sourceIp: string;
  readonly endpoint: string;
  /** The bucket in the host's name, for virtual-hosted addresses. */
  readonly hostBucket: string | undefined;
  /** Tells a client that waits with its body to send it. */
  readonly invite: () => void;
}

/** How far a request has come, for those who are told what it came to. */
interface Progress {
  operation?: string;
  caller?: Caller;
  input?: unknown;
  errorCode?: string;
}

const NO_BODY = new Uint8Array();

/**
 * Answers one request: operation, caller, body, signature, input, handler, output. Every failure has the form of the
 * service's protocol. Never rejects. `found` is the target, where it was looked for already.
 */
export async function answerExchange(
  exchange: Exchange,
  parts: ExchangeParts,
  found?: Target | ServiceError,
): Promise<WireResponse> {
  /** Names and values in turn. */
  const extra: string[] = [];
  let held: BufferedBody | undefined;
  let response: WireResponse;
  const progress: Progress = {};
  const startedAt = parts.clock.monotonicMs();
  try {
    const { arrived, service } = exchange;
    const message = arrived instanceof Uint8Array ? undefined : arrived;
    const s3 = service.facts.name === "s3";
    const resource = resourcePath(exchange);
    const headers = s3 ? withHoistedHeaders(exchange.request, exchange.signature) : exchange.request.headers;
    const target = found ?? findTarget(exchange, resource, headers);
    const subject: AuthenticationSubject = {
      request: exchange.request,
      resource,
      parsed: exchange.signature,
      service: service.facts,
      errors: service.authenticationErrors,
      peer: exchange.peer,
    };
    if (!(target instanceof ServiceError)) progress.operation = target.operation.name;
    const identified = parts.authenticator.identify(subject);
    const caller = identified instanceof Promise ? await identified : identified;
    progress.caller = caller;
    if (exchange.request.query.excessive) throw new SerializationError("There are too many parameters");
    const operation = target instanceof ServiceError ? undefined : target.operation;
    const limit = bodyLimit(service.facts.name, operation?.name ?? "", exchange.request);
    const streams = operation !== undefined && service.operation(operation).codec.streams;
    if (streams === false && !announcesNoMoreThan(exchange.request, limit.mostBytes)) throw limit.tooLarge();
    const events = streams === "events";
    const taken =
      s3 && !events
        ? takeS3Body(
            exchange,
            brought(message),
            parts.authenticator,
            subject,
            caller,
            operation,
            streams === "bytes",
          )
        : { source: message, framed: false };
    const eventsHash = events ? declaredEventsHash(exchange.request.headers) : undefined;
    if (eventsHash !== undefined) parts.authenticator.verify(subject, caller, eventsHash);
    exchange.invite();
    if (streams === false) {
      const { budget, clock } = parts;
      held =
        message === undefined || taken.source === message
          ? bodyAtHand(arrived, limit.mostBytes, budget, limit.tooLarge)
          : undefined;
      if (held === undefined) {
        const { socket } = brought(message);
        const timer = clock.after(wireLimits.requestBodyMs, () => socket.destroy());
        const reading = readBody(taken.source ?? brought(message), limit.mostBytes, budget, limit.tooLarge);
        held = await reading.finally(() => timer.cancel());
      }
    }
    let body: Uint8Array = held?.bytes ?? NO_BODY;
    if (!s3 && !events && caller.proof !== undefined) {
      const declared = exchange.request.headers["x-amz-content-sha256"];
      parts.authenticator.verify(
        subject,
        caller,
        declared === "UNSIGNED-PAYLOAD" ? declared : sha256Hex(body),
      );
    }
    const encoding = exchange.request.headers["content-encoding"];
    if (encoding !== undefined && service.router === undefined) {
      body = await decompress(body, encoding, limit.mostBytes, () => limit.tooLarge());
    }
    const form = formOf(exchange.request, body);
    const resolved = target instanceof ServiceError ? resolveForm(exchange, form, target) : target;
    progress.operation = resolved.operation.name;
    const request: OperationRequest = {
      request: exchange.request,
      headers: taken.framed ? unframedHeaders(headers) : headers,
      labels: resolved.labels,
      body,
      ...(form === undefined ? {} : { form }),
      ...(streams === "bytes" ? { stream: taken.source ?? brought(message) } : {}),
      ...(eventsHash === undefined
        ? {}
        : { messages: requestMessages(brought(message), caller, eventsHash) }),
    };
    const answering = callHandler(exchange, parts, resolved.operation, caller, request, extra, progress);
    response = answering instanceof Promise ? await answering : answering;
  } catch (thrown) {
    const error = asServiceError(exchange, parts, thrown);
    progress.errorCode = error.code;
    response = exchange.service.protocol.error(error, exchange.context);
    Object.assign(response.headers, lowerCased(error.headers));
  } finally {
    held?.release();
  }
  for (let i = 0; i + 1 < extra.length; i += 2) response.headers[extra[i] as string] = extra[i + 1] as string;
  identify(response.headers, exchange);
  if (parts.onAnswered !== undefined) {
    parts.onAnswered({
      service: exchange.service.facts.name,
      operation: progress.operation,
      requestId: exchange.context.requestId,
      status: response.status,
      errorCode: progress.errorCode,
      durationMs: parts.clock.monotonicMs() - startedAt,
      identity: progress.caller?.identity,
      region: progress.caller?.region,
      sourceIp: exchange.sourceIp,
      environmentId: exchange.peer?.environmentId,
      input: progress.input,
    });
  }
  return response;
}

/** The path as if the bucket had not been in the host's name. */
function resourcePath({ request, hostBucket }: Exchange): string {
  return hostBucket === undefined ? request.path : `/${encodeURIComponent(hostBucket)}${request.path}`;
}

/** A request that came whole has an operation that takes no stream. */
function brought(message: IncomingMessage | undefined): IncomingMessage {
  invariant(message !== undefined, "the body of a request that came whole is no stream");
  return message;
}

function formOf(request: WireRequest, body: Uint8Array): QueryParameters | undefined {
  const type = request.headers["content-type"] ?? "";
  if (body.length === 0 || !type.toLowerCase().startsWith("application/x-www-form-urlencoded")) {
    return undefined;
  }
  return new QueryParameters(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
}

function callHandler(
  exchange: Exchange,
  parts: ExchangeParts,
  model: OperationModel,
  caller: Caller,
  request: OperationRequest,
  extra: string[],
  progress: Progress,
): WireResponse | Promise<WireResponse> {
  const { service } = exchange;
  const { codec, validate } = service.operation(model);
  const handler = service.service?.operations[model.name];
  if (handler === undefined) {
    request.stream?.resume();
    throw notImplemented(service, model.name);
  }
  const { input, violations } = readInput(codec, validate, request);
  progress.input = input;
  if (violations.length > 0) throw service.protocol.invalid(validationMessage(violations));
  const output: unknown = handler(input, new HandlerContext(exchange, model, caller, extra));
  return output instanceof Promise
    ? output.then((later: unknown) => encodeOutput(exchange, parts, codec, later))
    : encodeOutput(exchange, parts, codec, output);
}

function encodeOutput(
  exchange: Exchange,
  parts: ExchangeParts,
  codec: OperationCodec,
  output: unknown,
): WireResponse {
  try {
    const encoded = codec.encode((output ?? {}) as Record<string, unknown>, exchange.context);
    return withEventBody(encoded, (thrown) => asServiceError(exchange, parts, thrown));
  } catch (error) {
    parts.log.error("an output does not fit its model", {
      service: exchange.service.facts.name,
      operation: codec.operation.name,
    });
    throw error;
  }
}

/** Shapes may contain themselves, and a body may be nested deeper than the stack. */
function readInput(codec: OperationCodec, validate: Validator, request: OperationRequest) {
  try {
    const input = codec.decode(request);
    return { input, violations: validate(input) };
  } catch (error) {
    if (error instanceof RangeError) throw new SerializationError("The request is nested too deeply");
    throw error;
  }
}

function identify(headers: Record<string, string>, { context, service }: Exchange): void {
  if (service.facts.name === "s3") {
    headers["x-amz-request-id"] = context.requestId;
    headers["x-amz-id-2"] = context.extendedRequestId;
  } else headers["x-amzn-requestid"] = context.requestId;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
