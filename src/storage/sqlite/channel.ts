import { ServiceError } from "../../base/index.ts";
import { StorageError, type StorageErrorCode } from "../errors.ts";

/** What the thread is started with. */
export interface ThreadStart {
  readonly module: string;
  readonly file: string;
}

/** `[id, is write, function, argument]` */
export type CallMessage = readonly [id: number, write: boolean, name: string, argument: unknown];

export type ToThread =
  | { readonly kind: "calls"; readonly calls: readonly CallMessage[] }
  | { readonly kind: "close" };

/** `[id, result]` or `[id, undefined, error]` */
export type ReplyMessage = readonly [id: number, result: unknown, error?: ErrorMessage];

export type FromThread =
  | { readonly kind: "ready"; readonly name: string }
  | { readonly kind: "failed"; readonly error: ErrorMessage }
  | {
      readonly kind: "replies";
      readonly replies: readonly ReplyMessage[];
      readonly signals: readonly Signal[];
    }
  | { readonly kind: "closed"; readonly error?: ErrorMessage };

/** Something that committed writes want the main thread to know. */
export type Signal = readonly [name: string, detail: string];

/** An error in a form that survives structured cloning with its class and members. */
export interface ErrorMessage {
  readonly type: "service" | "storage" | "other";
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly service?: Pick<ServiceError, "status" | "fault" | "members" | "headers">;
}

export function encodeError(error: Error): ErrorMessage {
  const { code } = error as Error & { code?: unknown };
  const common = {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === "string" ? code : undefined,
  };
  if (error instanceof ServiceError) {
    const { status, fault, members, headers } = error;
    return { ...common, type: "service", service: { status, fault, members, headers } };
  }
  return { ...common, type: error instanceof StorageError ? "storage" : "other" };
}

export function decodeError(encoded: ErrorMessage): Error {
  const error = rebuild(encoded);
  if (encoded.stack !== undefined) error.stack = encoded.stack;
  return error;
}

function rebuild(encoded: ErrorMessage): Error {
  const { message, code } = encoded;
  if (encoded.type === "service" && encoded.service !== undefined) {
    return new ServiceError({ ...encoded.service, code: code ?? encoded.name, message });
  }
  if (encoded.type === "storage") return new StorageError(code as StorageErrorCode, message);
  const error = new Error(message);
  error.name = encoded.name;
  return code === undefined ? error : Object.assign(error, { code });
}
