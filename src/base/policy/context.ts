import type { PolicyPrincipal } from "./principal.ts";
import { principalKeys } from "./principal.ts";

/** Values of a condition key: a string for single-valued keys, a list for multivalued ones. */
export type ContextValue = string | readonly string[];

/** What is asked. */
export interface PolicyRequest {
  readonly principal: PolicyPrincipal;
  /** For instance `lambda:InvokeFunction`. */
  readonly action: string;
  /** The ARN of what it is done to. */
  readonly resource: string;
  /**
   * Condition keys in any case, for instance `aws:SourceArn`. Those that follow from the principal (aws:PrincipalArn,
   * aws:PrincipalAccount, aws:PrincipalType, aws:userid, aws:username, aws:PrincipalIsAWSService,
   * aws:PrincipalServiceName) are added, and win.
   */
  readonly context?: Readonly<Record<string, ContextValue | undefined>>;
  /** Epoch milliseconds; gives aws:CurrentTime and aws:EpochTime. */
  readonly nowMs?: number;
}

/** The request's condition keys, collected when the first statement asks for one. */
export class EvaluationContext {
  readonly #request: PolicyRequest;
  #values: Map<string, ContextValue> | undefined;

  constructor(request: PolicyRequest) {
    this.#request = request;
  }

  /** The values of a key, which is given in lower case. */
  get(key: string): ContextValue | undefined {
    this.#values ??= collect(this.#request);
    return this.#values.get(key);
  }

  /** The value of a key that has exactly one. */
  single(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === "string") return value;
    return value.length === 1 ? value[0] : undefined;
  }
}

function collect(request: PolicyRequest): Map<string, ContextValue> {
  const values = new Map<string, ContextValue>();
  const add = (keys: Readonly<Record<string, ContextValue | undefined>>) => {
    for (const [key, value] of Object.entries(keys)) {
      if (value !== undefined) values.set(key.toLowerCase(), value);
    }
  };
  add(request.context ?? {});
  if (request.nowMs !== undefined) {
    add({
      "aws:CurrentTime": new Date(request.nowMs).toISOString(),
      "aws:EpochTime": String(Math.floor(request.nowMs / 1_000)),
    });
  }
  add(principalKeys(request.principal));
  return values;
}
