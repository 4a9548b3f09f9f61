import type { Readable } from "node:stream";
import type { ServiceError } from "../../base/index.ts";
import type { SerializationError } from "../codecs/serialization-error.ts";
import type { EventEncoder } from "../event-stream/event-encoder.ts";
import type { EventStreamMessage } from "../event-stream/message.ts";
import type { QueryParameters, WireRequest } from "../http/request.ts";
import type { OperationModel } from "../model/table.ts";

/** A request whose operation is known. */
export interface OperationRequest {
  readonly request: WireRequest;
  /** `request.headers`, without the framing of the body. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded parts of the path by the names of their members. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of a form, for the query protocol. */
  readonly form?: QueryParameters;
  readonly body: Uint8Array;
  /** Instead of `body`, for operations whose input is a stream of bytes. */
  readonly stream?: Readable;
  /** Instead of `body`, for operations whose input is a stream of events. */
  readonly messages?: AsyncIterable<EventStreamMessage>;
}

export type ResponseBody = Uint8Array | string | Readable;

/** The events that are the body of an answer, before they are framed. */
export interface EventSource {
  readonly encoder: EventEncoder;
  readonly events: AsyncIterable<unknown>;
  /** The frame that goes before them. */
  readonly initial?: Buffer;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Absent: nothing is sent. */
  readonly body?: ResponseBody;
  /** Of an event stream: the head goes out before there is a first byte, and the request's body may still be read. */
  readonly live?: true;
}

/** What an operation's encoder gives: a response, or one whose body is made of events. */
export type EncodedOutput = WireResponse | (Omit<WireResponse, "body"> & { readonly source: EventSource });

/** What is needed of a request to answer it, even if little of it was understood. */
export interface AnswerContext {
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly method: string;
  /** The path as it was sent. */
  readonly path: string;
}

/** Decoder and encoder of one operation. */
export interface OperationCodec {
  readonly operation: OperationModel;
  /** The input's payload is handed over as a stream, of bytes or of events. */
  readonly streams: false | "bytes" | "events";
  decode(request: OperationRequest): Record<string, unknown>;
  encode(output: Readonly<Record<string, unknown>>, context: AnswerContext): EncodedOutput;
}

export interface Protocol {
  codec(operation: OperationModel): OperationCodec;
  error(error: ServiceError, context: AnswerContext): WireResponse;
  /** The error of whoever sends what can't be read. */
  unreadable(error: SerializationError): ServiceError;
  /** The error of whoever sends what the model forbids. */
  invalid(message: string): ServiceError;
  /** `name` is what the request calls the operation, if it does. */
  unknownOperation(request: WireRequest, name: string | undefined): ServiceError;
  internalError(): ServiceError;
  /** The error of a server that can't do it now. Clients try again by themselves. */
  unavailable(message: string): ServiceError;
}
