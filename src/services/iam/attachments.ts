import { parseArn } from "../../base/index.ts";
import type { PolicyUses } from "./documents.ts";
import { fail } from "./errors.ts";
import { MANAGED_POLICIES } from "./managed-policies.ts";
import type { Iam, PolicyDocument, PolicyVersionDocument } from "./model.ts";

/** The account's policy that a request wants to change. */
export async function ownPolicy(iam: Iam, account: string, arn: string): Promise<PolicyDocument> {
  if (MANAGED_POLICIES.some((policy) => policy.arn === arn)) throw fail("AccessDenied");
  return policyByArn(iam, account, arn);
}

/** A policy of the account, or one of AWS's own. */
export async function policyByArn(iam: Iam, account: string, arn: string): Promise<PolicyDocument> {
  const managed = MANAGED_POLICIES.find((policy) => policy.arn === arn);
  if (managed !== undefined) return managed;
  const parsed = parseArn(arn);
  if (parsed?.service !== "iam" || !parsed.resource.startsWith("policy/")) {
    throw fail("InvalidInput", { with: `ARN ${arn} is not valid.` });
  }
  if (parsed.account !== account && parsed.account !== "aws") throw fail("AccessDenied");
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  const policy = await iam.policies.find(account, name);
  if (policy === undefined || policy.arn !== arn)
    throw fail("NoSuchEntity", { with: `Policy ${arn} was not found.` });
  return policy;
}

export function versionOf(policy: PolicyDocument, id: string): PolicyVersionDocument {
  const version = policy.versions.find((candidate) => candidate.id === id);
  if (version === undefined) {
    throw fail("NoSuchEntity", {
      with: `Policy ${policy.arn} version ${id} does not exist or is not attachable.`,
    });
  }
  return version;
}

/**
 * Any policy of AWS's own may be attached, known here or not: AWS has over a thousand, and templates name them.
 * Policies of the account must exist.
 */
export async function requireAttachable(
  iam: Iam,
  account: string,
  arn: string,
  as: "Policy" | "Scope ARN:" = "Policy",
): Promise<string> {
  const parsed = parseArn(arn);
  if (parsed?.service === "iam" && parsed.account === "aws" && parsed.resource.startsWith("policy/"))
    return arn;
  const policy = await iam.policies.find(account, arn.slice(arn.lastIndexOf("/") + 1));
  if (policy?.arn !== arn)
    throw fail("NoSuchEntity", { with: `${as} ${arn} does not exist or is not attachable.` });
  return arn;
}

export const UNUSED: PolicyUses = { attached: 0, boundaries: 0 };

export async function policyUses(iam: Iam, account: string, arn: string): Promise<PolicyUses> {
  return (await allPolicyUses(iam, account)).get(arn) ?? UNUSED;
}

/** Of the policies that are used at all. */
export async function allPolicyUses(iam: Iam, account: string): Promise<ReadonlyMap<string, PolicyUses>> {
  const uses = new Map<string, PolicyUses>();
  for (const collection of [iam.roles, iam.users]) {
    const { documents } = await collection.list(account, { maxItems: Number.POSITIVE_INFINITY });
    for (const { attachedPolicies, permissionsBoundary } of documents) {
      for (const arn of attachedPolicies) {
        const before = uses.get(arn) ?? UNUSED;
        uses.set(arn, { ...before, attached: before.attached + 1 });
      }
      if (permissionsBoundary === undefined) continue;
      const before = uses.get(permissionsBoundary) ?? UNUSED;
      uses.set(permissionsBoundary, { ...before, boundaries: before.boundaries + 1 });
    }
  }
  return uses;
}
