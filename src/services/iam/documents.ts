import type { AttachedPolicy, Policy, PolicyVersion, Role, Tag, User } from "@aws-sdk/client-iam";
import { iamLimits, PolicySyntaxError, parsePolicy } from "../../base/index.ts";
import { fail } from "./errors.ts";
import type { PolicyDocument, PolicyVersionDocument, RoleDocument, Tags, UserDocument } from "./model.ts";

/** Policy documents travel percent-encoded per RFC 3986 in IAM's answers. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Checks that a text is a policy document of its kind, and not longer than IAM takes; what it means is judged when it
 * is evaluated. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export function checkPolicyDocument(
  text: string | undefined,
  kind: "trust" | "identity" | "managed",
): string {
  const document = text ?? "";
  try {
    parsePolicy(document, { kind: kind === "trust" ? "trust" : "identity" });
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw fail("MalformedPolicyDocument", { with: error.message });
    throw error;
  }
  const characters = countedCharacters(document);
  if (kind === "trust" && characters > iamLimits.trustPolicyCharacters) {
    throw fail("LimitExceeded", {
      with: `Cannot exceed quota for ACLSizePerRole: ${iamLimits.trustPolicyCharacters}`,
    });
  }
  if (kind === "managed" && characters > iamLimits.managedPolicyCharacters) {
    throw fail("LimitExceeded", {
      with: `Cannot exceed quota for PolicySize: ${iamLimits.managedPolicyCharacters}`,
    });
  }
  return document;
}

/** All inline policies of an entity together have a limit. */
export function checkInlinePolicies(
  kind: "role" | "user",
  name: string,
  policies: Readonly<Record<string, string>>,
): void {
  const characters = Object.values(policies).reduce((sum, document) => sum + countedCharacters(document), 0);
  const most = iamLimits.inlinePolicyCharacters[kind];
  if (characters > most) {
    throw fail("LimitExceeded", {
      with: `Maximum policy size of ${most} bytes exceeded for ${kind} ${name}`,
    });
  }
}

/** IAM does not count white space. */
function countedCharacters(document: string): number {
  return document.replace(/\s/g, "").length;
}

/** Keys are equal without regard to case; a later value takes the place of an earlier one. */
export function toTags(tags: readonly Tag[] | undefined, before: Tags = {}): Tags {
  const merged = new Map(Object.entries(before).map(([key, value]) => [key.toLowerCase(), { key, value }]));
  const given = new Set<string>();
  for (const { Key: key = "", Value: value = "" } of tags ?? []) {
    const folded = key.toLowerCase();
    if (given.has(folded)) {
      throw fail("InvalidInput", {
        with: "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
      });
    }
    given.add(folded);
    merged.set(folded, { key, value });
  }
  if (merged.size > iamLimits.tags) {
    throw fail("LimitExceeded", {
      with: `The number of tags has reached the maximum limit of ${iamLimits.tags}.`,
    });
  }
  return Object.fromEntries([...merged.values()].map(({ key, value }) => [key, value]));
}

export function fromTags(tags: Tags): Tag[] {
  return Object.entries(tags)
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((one, other) => (one.Key < other.Key ? -1 : 1));
}

export function withoutTags(tags: Tags, keys: readonly string[] | undefined): Tags {
  const removed = new Set(keys?.map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.has(key.toLowerCase())));
}

/** `list` shapes leave out what only Get shows. */
export function toRole(role: RoleDocument, shape: "full" | "list"): Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    MaxSessionDuration: role.maxSessionSeconds,
    ...(role.description === undefined ? {} : { Description: role.description }),
    ...(shape === "list" || Object.keys(role.tags).length === 0 ? {} : { Tags: fromTags(role.tags) }),
    ...(shape === "list" ? {} : shownBoundary(role)),
    ...(shape === "list" ? {} : { RoleLastUsed: {} }),
  };
}

function shownBoundary({ permissionsBoundary: arn }: Pick<RoleDocument, "permissionsBoundary">) {
  if (arn === undefined) return {};
  return {
    PermissionsBoundary: {
      PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const,
      PermissionsBoundaryArn: arn,
    },
  };
}

export function toUser(user: UserDocument, shape: "full" | "list"): User {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: new Date(user.createdAt),
    ...(shape === "list" ? {} : shownBoundary(user)),
    ...(shape === "list" || Object.keys(user.tags).length === 0 ? {} : { Tags: fromTags(user.tags) }),
  };
}

export function toPolicy(policy: PolicyDocument, { attached, boundaries }: PolicyUses): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attached,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    ...(Object.keys(policy.tags).length === 0 ? {} : { Tags: fromTags(policy.tags) }),
  };
}

/** How many roles and users a policy is attached to, and how many it bounds. */
export interface PolicyUses {
  readonly attached: number;
  readonly boundaries: number;
}

export function toPolicyVersion(
  policy: PolicyDocument,
  version: PolicyVersionDocument,
  withDocument: boolean,
): PolicyVersion {
  return {
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersion,
    CreateDate: new Date(version.createdAt),
    ...(withDocument ? { Document: encodeDocument(version.document) } : {}),
  };
}

export function toAttachedPolicy(arn: string): AttachedPolicy {
  return { PolicyName: arn.slice(arn.lastIndexOf("/") + 1), PolicyArn: arn };
}
