import type { AttachedPolicy, Policy, PolicyVersion, Role, Tag, User } from "@aws-sdk/client-iam";
import { fail } from "./errors.ts";
import type { PolicyDocument, PolicyVersionDocument, RoleDocument, Tags, UserDocument } from "./model.ts";

const POLICY_CHARACTERS_MOST = 10_240;
const TAGS_MOST = 50;

/** Policy documents travel percent-encoded per RFC 3986 in IAM's answers. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Checks that a text is a policy document at all; what it means is judged when it is evaluated. */
export function checkPolicyDocument(text: string | undefined, kind: "trust" | "identity"): string {
  if (text === undefined) throw fail("MalformedPolicyDocument", { with: "The policy is missing." });
  if (text.length > POLICY_CHARACTERS_MOST) {
    throw fail("LimitExceeded", { with: `Maximum policy size of ${POLICY_CHARACTERS_MOST} bytes exceeded` });
  }
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw fail("MalformedPolicyDocument", { with: "This policy contains invalid Json" });
  }
  const statements = (policy as { Statement?: unknown } | null)?.Statement;
  const list = Array.isArray(statements) ? statements : [statements];
  if (list.length === 0 || list.some((statement) => !isStatement(statement))) {
    throw fail("MalformedPolicyDocument", { with: "Syntax errors in policy." });
  }
  for (const statement of list as Record<string, unknown>[]) {
    if (kind === "trust" && "Resource" in statement) {
      throw fail("MalformedPolicyDocument", { with: "Has prohibited field Resource" });
    }
    if (kind === "identity" && ("Principal" in statement || "NotPrincipal" in statement)) {
      throw fail("MalformedPolicyDocument", { with: "Policy document should not specify a principal." });
    }
  }
  return text;
}

function isStatement(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const statement = value as Record<string, unknown>;
  const effect = statement["Effect"];
  return (effect === "Allow" || effect === "Deny") && ("Action" in statement || "NotAction" in statement);
}

export function toTags(tags: readonly Tag[] | undefined, before: Tags = {}): Tags {
  const merged: Record<string, string> = { ...before };
  for (const { Key, Value } of tags ?? []) {
    if (Key !== undefined) merged[Key] = Value ?? "";
  }
  if (Object.keys(merged).length > TAGS_MOST) {
    throw fail("LimitExceeded", {
      with: `The number of tags has reached the maximum limit of ${TAGS_MOST}.`,
    });
  }
  return merged;
}

export function fromTags(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function withoutTags(tags: Tags, keys: readonly string[] | undefined): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys?.includes(key)));
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
    ...(shape === "list" || role.permissionsBoundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const,
            PermissionsBoundaryArn: role.permissionsBoundary,
          },
        }),
    ...(shape === "list" ? {} : { RoleLastUsed: {} }),
  };
}

export function toUser(user: UserDocument, shape: "full" | "list"): User {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: new Date(user.createdAt),
    ...(shape === "list" || Object.keys(user.tags).length === 0 ? {} : { Tags: fromTags(user.tags) }),
  };
}

export function toPolicy(policy: PolicyDocument, attachmentCount: number): Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attachmentCount,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    ...(Object.keys(policy.tags).length === 0 ? {} : { Tags: fromTags(policy.tags) }),
  };
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
