import type { Invocation } from "../interfaces.ts";
import type { HttpExchange } from "../runtime-api/http-connection.ts";

export type ExtensionEvent = "INVOKE" | "SHUTDOWN";

/** The names appear in error messages, log lines and telemetry. */
export type ExtensionState =
  | "Started"
  | "Registered"
  | "Ready"
  | "Running"
  | "InitError"
  | "ExitError"
  | "ShutdownFailed"
  | "Exited"
  | "LaunchError";

/** One extension, from its launch or registration on. */
export interface Extension {
  readonly name: string;
  /** The platform launched its file; an internal one lives in the runtime's process or beside it. */
  readonly external: boolean;
  /** What it identifies itself by; nobody knows it before it has registered. */
  readonly id: string;
  state: ExtensionState;
  events: readonly ExtensionEvent[];
  /** What it said was wrong with it. */
  failure?: string;
  /** Its call for the next event, if it waits. */
  waiting?: HttpExchange | undefined;
  /** An event that it has not asked for yet. */
  pending?: ExtensionMessage | undefined;
}

/** An event on its way: its document, and what identifies it. */
export interface ExtensionMessage {
  readonly document: object;
  readonly fields: Readonly<Record<string, string>>;
}

/** What extensions are told of an invocation. */
export function invokeDocument(
  { invokedFunctionArn, requestId, traceId }: Invocation,
  deadlineMs: number,
): object {
  return {
    eventType: "INVOKE",
    deadlineMs,
    requestId,
    invokedFunctionArn,
    ...(traceId === "" ? {} : { tracing: { type: "X-Amzn-Trace-Id", value: traceId } }),
  };
}
