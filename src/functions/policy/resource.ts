import { own } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { aliasOf, missing, versionOf } from "../lookup.ts";
import { qualified, qualifierKind, type Target } from "../names.ts";
import type { PolicyDocument } from "./statement.ts";

/** The key of a policy in the function's document. */
export function policyKey(target: Target): string {
  return target.qualifier ?? "";
}

export function policyOf(entry: FunctionEntry, target: Target): PolicyDocument | undefined {
  return own(entry.document.policies, policyKey(target));
}

/** Policies belong to functions, versions and aliases that exist, not to `$LATEST`. */
export function demandPolicyHolder(entry: FunctionEntry, target: Target): void {
  const { qualifier } = target;
  if (qualifier === undefined) return;
  if (qualifier === "$LATEST") throw because("policyOnLatest");
  if (versionOf(entry, qualifier) !== undefined) return;
  if (qualifierKind(qualifier) === "alias" && !qualifier.includes("$")) {
    throw because("aliasMissing", { arn: qualified(target.arn, qualifier) });
  }
  throw missing(target);
}

/**
 * Tools know the policy's revision since it has its own, older ones that of the function, version or alias: either
 * will do.
 */
export function demandPolicyRevision(
  entry: FunctionEntry,
  target: Target,
  revisionId: string | undefined,
): void {
  if (revisionId === undefined) return;
  const { qualifier } = target;
  const alias = qualifier === undefined ? undefined : aliasOf(entry, qualifier);
  const holder = alias ?? versionOf(entry, qualifier)?.record;
  if (revisionId !== policyOf(entry, target)?.revisionId && revisionId !== holder?.revisionId) {
    throw because("stalePolicyRevision");
  }
}
