import { auditLimits } from "../../base/index.ts";
import type { AnsweredRequest } from "../../wire/index.ts";
import { isReadOnly } from "./classify.ts";

/** Input members that say which resource is meant. No other member of an input gets into the log. */
const IDENTIFIERS = [
  "FunctionName",
  "Qualifier",
  "FunctionVersion",
  "Name",
  "LayerName",
  "VersionNumber",
  "StatementId",
  "UUID",
  "CodeSigningConfigArn",
  "CapacityProviderName",
  "DurableExecutionArn",
  "Resource",
  "ResourceArn",
  "ResourceARN",
  "resourceArn",
  "Bucket",
  "TableName",
  "RoleName",
  "RoleArn",
  "RoleSessionName",
  "UserName",
  "PolicyName",
  "PolicyArn",
  "AccessKeyId",
  "logGroupName",
  "logStreamName",
  "filterName",
  "QueueName",
  "QueueUrl",
  "TopicArn",
  "SubscriptionArn",
  "StreamName",
  "StreamARN",
] as const;

/** One line of the audit log. Holds no payload, no secret and no value of an environment variable. */
export function auditEntry(answered: AnsweredRequest, at: number): string {
  const { identity } = answered;
  return JSON.stringify({
    time: new Date(at).toISOString(),
    requestId: answered.requestId,
    service: answered.service,
    operation: answered.operation,
    readOnly: isReadOnly(answered.operation ?? ""),
    region: answered.region,
    account: identity?.account,
    caller:
      identity === undefined
        ? undefined
        : { type: identity.kind, arn: identity.arn, accessKeyId: identity.accessKeyId || undefined },
    sourceIp: answered.sourceIp,
    environmentId: answered.environmentId,
    resource: resourceOf(answered.input),
    status: answered.status,
    errorCode: answered.errorCode,
  });
}

function resourceOf(input: unknown): Record<string, string> | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const members = input as Readonly<Record<string, unknown>>;
  const found: Record<string, string> = {};
  for (const name of IDENTIFIERS) {
    const value = members[name];
    if (typeof value === "string" || typeof value === "number")
      found[name] = String(value).slice(0, auditLimits.identifierCharacters);
  }
  return found;
}
