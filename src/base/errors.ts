/** Who is at fault, in AWS's sense: it decides `Type`/`Sender` on the wire and whether a stack is logged. */
export type Fault = "client" | "server";

/** One row of a service's error table. `message` may hold `{placeholders}`. */
export interface ErrorEntry {
  readonly status: number;
  readonly message?: string;
  readonly fault?: Fault;
}

/**
 * An error that a caller of an AWS API is meant to see: code, HTTP status and message as AWS sends them.
 * `members` are further modelled members of the error shape (for instance `Reason`); `headers` go out as they are.
 */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  readonly fault: Fault;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: {
    code: string;
    status: number;
    message: string;
    fault?: Fault;
    members?: Readonly<Record<string, unknown>>;
    headers?: Readonly<Record<string, string>>;
  }) {
    super(options.message);
    this.name = "ServiceError";
    this.code = options.code;
    this.status = options.status;
    this.fault = options.fault ?? (options.status >= 500 ? "server" : "client");
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}

export interface ErrorDetails {
  /** Values for the `{placeholders}` of the table's message, or the whole message. */
  readonly with?: Readonly<Record<string, string | number>> | string;
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes errors of one service's table: `fail("NoSuchBucket")`, `fail("NotFound", { with: { name } })`. */
export function errorTable<const T extends Readonly<Record<string, ErrorEntry>>>(
  table: T,
): (code: keyof T & string, details?: ErrorDetails) => ServiceError {
  return (code, details = {}) => {
    const entry = table[code] as ErrorEntry;
    const message =
      typeof details.with === "string" ? details.with : fillTemplate(entry.message ?? "", details.with ?? {});
    return new ServiceError({
      code,
      status: entry.status,
      message,
      ...(entry.fault === undefined ? {} : { fault: entry.fault }),
      ...(details.members === undefined ? {} : { members: details.members }),
      ...(details.headers === undefined ? {} : { headers: details.headers }),
    });
  };
}

function fillTemplate(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

/** A state that the program's own logic excludes. Never shown to a caller, never ignored. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws InvariantError unless `condition` holds. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new InvariantError(what);
}

/** What the machine, not the request, is short of; the same request may succeed later. */
export type Shortage = "disk" | "capacity";

const SHORTAGES: Readonly<Record<string, Shortage>> = {
  ENOSPC: "disk",
  EDQUOT: "disk",
  full: "disk",
  busy: "capacity",
};

/** Tells the errors of a machine that is short of something, of storage (`full`, `busy`) or of the system, from others. */
export function shortageOf(thrown: unknown): Shortage | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code } = error as { readonly code?: unknown };
    if (typeof code === "string" && Object.hasOwn(SHORTAGES, code)) return SHORTAGES[code];
  }
  return undefined;
}

/** Makes an Error of whatever was thrown. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
