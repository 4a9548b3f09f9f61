import {
  evaluatePolicies,
  type PolicyDocument,
  type PolicyRequest,
  PolicySyntaxError,
  parsePolicy,
} from "../../base/index.ts";
import { printPolicy, type PolicyDocument as StoredPolicy } from "./statement.ts";

/** Stored policies are replaced by every change, never changed themselves. */
const prepared = new WeakMap<StoredPolicy, PolicyDocument | "unreadable">();

/**
 * Whether a function's policy allows the request. Without one nothing is allowed, nor by one that can't be read, for
 * instance because its condition has an operator that there is not.
 */
export function isAllowed(policy: StoredPolicy | undefined, request: PolicyRequest): boolean {
  if (policy === undefined) return false;
  let document = prepared.get(policy);
  if (document === undefined) {
    document = prepare(policy);
    prepared.set(policy, document);
  }
  return document !== "unreadable" && evaluatePolicies([document], request).decision === "Allow";
}

function prepare(policy: StoredPolicy): PolicyDocument | "unreadable" {
  try {
    return parsePolicy(printPolicy(policy), { kind: "resource" });
  } catch (error) {
    if (error instanceof PolicySyntaxError) return "unreadable";
    throw error;
  }
}
