import type { Readable } from "node:stream";
import type { CallerIdentity } from "../base/index.ts";

/** The services that Lambkin answers for. The name is the SigV4 signing name unless the registry says otherwise. */
export type ServiceName =
  | "lambda"
  | "s3"
  | "dynamodb"
  | "logs"
  | "iam"
  | "sts"
  | "sqs"
  | "sns"
  | "kinesis"
  | "cloudwatch"
  | "events"
  | "scheduler";

/** What a handler may know of its request beyond the parsed input. */
export interface RequestContext {
  /** A UUID, the `x-amzn-RequestId` of the answer; for S3 16 hexadecimal digits, its `x-amz-request-id`. */
  readonly requestId: string;
  /** S3's second id, `x-amz-id-2`; empty for other services. */
  readonly extendedRequestId: string;
  readonly service: ServiceName;
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly identity: CallerIdentity;
  /** Names in lower case, several values joined as RFC 9110 section 5.3 says. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the request was known for one of this operation, on the monotonic clock; milliseconds. */
  readonly receivedAtMs?: number;
  readonly sourceIp: string;
  /** `http://host:port` as the caller reached it; for addresses in answers. */
  readonly endpoint: string;
  /** Set when the request comes from inside an execution environment. */
  readonly environmentId?: string;
  /** Aborts when the caller is gone. */
  readonly signal: AbortSignal;
  /** Headers to add to the answer, for the few that no model names. */
  setHeader(name: string, value: string): void;
}

/**
 * An operation: parsed and validated input in, output in the SDK's shape out. Failures are thrown as ServiceError;
 * anything else that is thrown becomes the service's internal error and is logged with its stack.
 *
 * Blobs are Uint8Array, timestamps Date, unions and lists as the SDK's types say. A streaming input member is a
 * PayloadStream, already stripped of aws-chunked framing; it fails with the service's error when a checksum, length or
 * signature that the caller sent does not hold, so nothing may be committed before it has ended. A streaming output
 * member may be Readable, Uint8Array or string.
 *
 * Event streams (unions with the trait `streaming`, such as InvokeWithResponseStream's `EventStream`) are
 * AsyncIterable in both directions, of events in the SDK's shape: one member, named after the kind of event, for
 * instance `{ PayloadChunk: { Payload } }`.
 * - An output is taken one event at a time and only as fast as the caller reads it (back-pressure), and written as one
 *   frame each. The head of the answer goes out when the handler returns, before the first event; so what can fail with
 *   a plain error has to fail before that. A blob of one event may have 16 MiB.
 * - What the iterable throws, or an event that is one of the stream's modelled exceptions, becomes an exception frame,
 *   which ends the stream: a ServiceError under its code, anything else as the service's internal error.
 * - When the caller is gone the iterable's `return` is called once its pending `next` has settled; a source that may
 *   wait for long also watches `context.signal`.
 * - An input that breaks off, is damaged or wrongly signed fails while it is read; let the error pass through.
 *   Both directions may run at the same time.
 */
export type Operation<Input, Output> = (input: Input, context: RequestContext) => Output | Promise<Output>;

/** Streaming members replaced by what the server passes: the SDK's types are written for its clients. */
export type WithStream<Shape, Member extends keyof Shape> = Omit<Shape, Member> & {
  [K in Member]?: Readable;
};

export interface Service {
  readonly name: ServiceName;
  /** Operation name (as in the model) to handler. The one list of the service. */
  readonly operations: Readonly<Record<string, Operation<any, any>>>;
  /**
   * `plain`: awsJson bodies stay what JSON.parse gave (blobs base64, timestamps numbers) and outputs are stringified
   * as they are; constraints are still checked. For services whose hot bodies already have the wire's form.
   */
  readonly bodies?: "typed" | "plain";
}

/** Binds the operations of a service to what they share, giving each `(input, context)`. */
export function bindOperations<
  Shared,
  Table extends Readonly<Record<string, (shared: Shared, input: any, context: RequestContext) => unknown>>,
>(shared: Shared, table: Table): Record<keyof Table & string, Operation<any, any>> {
  return Object.fromEntries(
    Object.entries(table).map(([name, operation]) => [
      name,
      (input: unknown, context: RequestContext) => operation(shared, input, context),
    ]),
  ) as Record<keyof Table & string, Operation<any, any>>;
}
