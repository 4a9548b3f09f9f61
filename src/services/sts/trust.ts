import type { AssumeRoleRequest } from "@aws-sdk/client-sts";
import {
  type CallerIdentity,
  evaluatePolicies,
  type PolicyRequest,
  PolicySyntaxError,
  parsePolicy,
} from "../../base/index.ts";

/** What a trust policy may ask about. */
export interface TrustQuery {
  readonly trustPolicy: string;
  readonly roleArn: string;
  readonly caller: CallerIdentity;
  readonly input: AssumeRoleRequest;
  readonly sourceIp: string;
  readonly region: string;
  readonly secureTransport: boolean;
  readonly userAgent: string | undefined;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * The first action of an AssumeRole request that the role's trust policy does not allow, for instance
 * `sts:TagSession`; undefined if it allows them all. A policy that can't be read allows nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
export function distrustedAction(query: TrustQuery): string | undefined {
  const { input } = query;
  const actions = [
    "sts:AssumeRole",
    ...((input.Tags?.length ?? 0) > 0 ? ["sts:TagSession"] : []),
    ...(input.SourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
  try {
    const policy = parsePolicy(query.trustPolicy, { kind: "trust" });
    return actions.find(
      (action) => evaluatePolicies([policy], requestFor(action, query)).decision !== "Allow",
    );
  } catch (error) {
    if (error instanceof PolicySyntaxError) return actions[0];
    throw error;
  }
}

function requestFor(action: string, query: TrustQuery): PolicyRequest {
  const { input } = query;
  const tags = (input.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value] as const);
  return {
    principal: query.caller,
    action,
    resource: query.roleArn,
    nowMs: query.nowMs,
    context: {
      "sts:ExternalId": input.ExternalId,
      "sts:RoleSessionName": input.RoleSessionName,
      "sts:SourceIdentity": input.SourceIdentity,
      "sts:TransitiveTagKeys": presentList(input.TransitiveTagKeys),
      "aws:TagKeys": presentList(tags.map(([key]) => key)),
      ...Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
      "aws:SourceIp": query.sourceIp,
      "aws:RequestedRegion": query.region,
      "aws:SecureTransport": String(query.secureTransport),
      "aws:UserAgent": query.userAgent,
    },
  };
}

function presentList(values: readonly string[] | undefined): readonly string[] | undefined {
  return values === undefined || values.length === 0 ? undefined : values;
}
