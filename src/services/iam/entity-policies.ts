import { iamLimits } from "../../base/index.ts";
import { requireAttachable } from "./attachments.ts";
import { checkInlinePolicies, checkPolicyDocument, encodeDocument, toAttachedPolicy } from "./documents.ts";
import { fail } from "./errors.ts";
import type { Collection, Iam, Tags } from "./model.ts";
import { pageOf } from "./pages.ts";

/** What roles and users have in common. */
type Entity = {
  readonly name: string;
  readonly arn: string;
  readonly tags: Tags;
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicies: readonly string[];
  readonly permissionsBoundary?: string;
} & Record<string, unknown>;

type Kind = "role" | "user";

interface Named {
  readonly account: string;
  readonly name: string | undefined;
}

function collectionOf(iam: Iam, kind: Kind): Collection<Entity> {
  return kind === "role" ? iam.roles : iam.users;
}

export async function attachPolicy(iam: Iam, kind: Kind, at: Named, policyArn = ""): Promise<void> {
  const arn = await requireAttachable(iam, at.account, policyArn);
  const changed = await collectionOf(iam, kind).update(at.account, at.name ?? "", (entity) => {
    if (entity.attachedPolicies.includes(arn)) return entity;
    if (entity.attachedPolicies.length >= iamLimits.attachedPolicies) {
      const quota = kind === "role" ? "PoliciesPerRole" : "PoliciesPerUser";
      throw fail("LimitExceeded", {
        with: `Cannot exceed quota for ${quota}: ${iamLimits.attachedPolicies}`,
      });
    }
    return { ...entity, attachedPolicies: [...entity.attachedPolicies, arn] };
  });
  iam.sayWithoutEffect(kind, changed.arn, ["PolicyArn"]);
}

export async function detachPolicy(iam: Iam, kind: Kind, at: Named, arn = ""): Promise<void> {
  await collectionOf(iam, kind).update(at.account, at.name ?? "", (entity) => {
    if (!entity.attachedPolicies.includes(arn))
      throw fail("NoSuchEntity", { with: `Policy ${arn} was not found.` });
    return { ...entity, attachedPolicies: entity.attachedPolicies.filter((attached) => attached !== arn) };
  });
}

export async function listAttachedPolicies(
  iam: Iam,
  kind: Kind,
  at: Named,
  page: { PathPrefix?: string | undefined; Marker?: string | undefined; MaxItems?: number | undefined },
) {
  const { attachedPolicies } = await collectionOf(iam, kind).get(at.account, at.name ?? "");
  const prefix = page.PathPrefix ?? "/";
  const found = attachedPolicies
    .filter((arn) => arn.slice(arn.indexOf(":policy/") + ":policy".length).startsWith(prefix))
    .sort();
  const { items, rest } = pageOf(found, (arn) => arn, page);
  return { AttachedPolicies: items.map(toAttachedPolicy), ...rest };
}

export async function putInlinePolicy(
  iam: Iam,
  kind: Kind,
  at: Named,
  policy: { readonly PolicyName?: string | undefined; readonly PolicyDocument?: string | undefined },
): Promise<void> {
  const document = checkPolicyDocument(policy.PolicyDocument, "identity");
  const changed = await collectionOf(iam, kind).update(at.account, at.name ?? "", (entity) => {
    const inlinePolicies = { ...entity.inlinePolicies, [policy.PolicyName ?? ""]: document };
    checkInlinePolicies(kind, entity.name, inlinePolicies);
    return { ...entity, inlinePolicies };
  });
  iam.sayWithoutEffect(kind, changed.arn, ["PolicyDocument"]);
}

/** The boundary that an entity is created with; a policy of the account must exist. */
export async function boundaryOf(
  iam: Iam,
  account: string,
  arn: string | undefined,
): Promise<{ readonly permissionsBoundary?: string }> {
  if (arn === undefined) return {};
  return { permissionsBoundary: await requireAttachable(iam, account, arn, "Scope ARN:") };
}

export async function putBoundary(iam: Iam, kind: Kind, at: Named, policyArn = ""): Promise<void> {
  const boundary = await boundaryOf(iam, at.account, policyArn);
  const { arn } = await collectionOf(iam, kind).update(at.account, at.name ?? "", (entity) => ({
    ...entity,
    ...boundary,
  }));
  iam.sayWithoutEffect(kind, arn, ["PermissionsBoundary"]);
}

export async function deleteBoundary(iam: Iam, kind: Kind, at: Named): Promise<void> {
  await collectionOf(iam, kind).update(at.account, at.name ?? "", (entity) => {
    const { permissionsBoundary, ...unbounded } = entity;
    if (permissionsBoundary === undefined) {
      throw fail("NoSuchEntity", {
        with: `The ${kind} with name ${entity.name} has no permissions boundary.`,
      });
    }
    return unbounded;
  });
}

/** Percent-encoded, as IAM's answers carry documents. */
export async function getInlinePolicy(iam: Iam, kind: Kind, at: Named, policyName = "") {
  const entity = await collectionOf(iam, kind).get(at.account, at.name ?? "");
  const document = Object.hasOwn(entity.inlinePolicies, policyName)
    ? entity.inlinePolicies[policyName]
    : undefined;
  if (document === undefined) throw missing(kind, policyName);
  return { entity: entity.name, PolicyName: policyName, PolicyDocument: encodeDocument(document) };
}

export async function deleteInlinePolicy(iam: Iam, kind: Kind, at: Named, policyName = ""): Promise<void> {
  await collectionOf(iam, kind).update(at.account, at.name ?? "", (entity) => {
    if (!Object.hasOwn(entity.inlinePolicies, policyName)) throw missing(kind, policyName);
    const kept = Object.entries(entity.inlinePolicies).filter(([name]) => name !== policyName);
    return { ...entity, inlinePolicies: Object.fromEntries(kept) };
  });
}

export async function listInlinePolicies(
  iam: Iam,
  kind: Kind,
  at: Named,
  page: { Marker?: string | undefined; MaxItems?: number | undefined },
) {
  const { inlinePolicies } = await collectionOf(iam, kind).get(at.account, at.name ?? "");
  const { items, rest } = pageOf(Object.keys(inlinePolicies).sort(), (name) => name, page);
  return { PolicyNames: items, ...rest };
}

/** Nothing that still has policies can be deleted. */
export function checkWithoutPolicies(entity: Pick<Entity, "attachedPolicies" | "inlinePolicies">): void {
  if (entity.attachedPolicies.length > 0) {
    throw fail("DeleteConflict", { with: "Cannot delete entity, must detach all policies first." });
  }
  if (Object.keys(entity.inlinePolicies).length > 0) {
    throw fail("DeleteConflict", { with: "Cannot delete entity, must delete policies first." });
  }
}

function missing(kind: Kind, name: string) {
  return fail("NoSuchEntity", { with: { kind: `${kind} policy`, name } });
}
