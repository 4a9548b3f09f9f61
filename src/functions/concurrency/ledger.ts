import { invokeLimits } from "../../base/index.ts";
import type { FunctionDocument } from "../document.ts";

type Concurrency = Pick<FunctionDocument, "provisioned" | "reservedConcurrency">;

/** What is provisioned for all versions and aliases of a function. */
export function totalProvisioned({ provisioned = {} }: Concurrency): number {
  return Object.values(provisioned).reduce((sum, { requested }) => sum + requested, 0);
}

/** What a function takes from the account's limit for itself; provisioned environments are part of its reserve. */
export function committed(concurrency: Concurrency): number {
  return concurrency.reservedConcurrency ?? totalProvisioned(concurrency);
}

/** What is left to the functions without reserve, if those of an account have committed so much. */
export function unreserved(committedByAll: number): number {
  return Math.max(0, invokeLimits.accountConcurrency - committedByAll);
}
