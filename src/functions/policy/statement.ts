import type { AddPermissionRequest } from "@aws-sdk/client-lambda";
import { functionLimits, type Randomness } from "../../base/index.ts";
import { because } from "../errors.ts";

export type PrincipalElement = "*" | { readonly Service: string } | { readonly AWS: string };

/** Operator to condition key to value, for instance `{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::bucket"}}`. */
export type ConditionElement = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A statement in the order in which its members are written. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: PrincipalElement;
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: ConditionElement;
}

/** One of AddPermission, or whatever the grammar of policies allows. */
export interface KeptStatement {
  readonly Sid?: string;
}

export interface PolicyDocument {
  readonly revisionId: string;
  /** What stands beside the statements of a policy that was put as a whole. */
  readonly head?: { readonly Version?: string; readonly Id?: string };
  /** In order of insertion. */
  readonly statements: readonly KeptStatement[];
}

const HEAD = { Version: "2012-10-17", Id: "default" };

const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/;
const IDENTITY = /^arn:aws[a-zA-Z-]*:(?:iam|sts)::\d{12}:.+$/;

/** The statement that AddPermission makes of its input; `resource` is the function's ARN with the qualifier given. */
export function buildStatement(input: AddPermissionRequest, resource: string, partition: string): Statement {
  const condition = buildCondition(input);
  return {
    Sid: input.StatementId ?? "",
    Effect: "Allow",
    Principal: buildPrincipal(input.Principal ?? "", partition),
    Action: input.Action ?? "",
    Resource: resource,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

export function buildPrincipal(text: string, partition: string): PrincipalElement {
  if (text === "*") return "*";
  if (/^\d{12}$/.test(text)) return { AWS: `arn:${partition}:iam::${text}:root` };
  if (SERVICE.test(text)) return { Service: text };
  if (IDENTITY.test(text)) return { AWS: text };
  throw because("badPrincipal");
}

function buildCondition(input: AddPermissionRequest): ConditionElement {
  const equals = present({
    "AWS:SourceAccount": input.SourceAccount,
    "lambda:EventSourceToken": input.EventSourceToken,
    "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType,
    "aws:PrincipalOrgID": input.PrincipalOrgID,
  });
  const bool = present({ "lambda:InvokedViaFunctionUrl": input.InvokedViaFunctionUrl?.toString() });
  const arnLike = present({ "AWS:SourceArn": input.SourceArn });
  return {
    ...(equals === undefined ? {} : { StringEquals: equals }),
    ...(bool === undefined ? {} : { Bool: bool }),
    ...(arnLike === undefined ? {} : { ArnLike: arnLike }),
  };
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> | undefined {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** The policy as GetPolicy prints it. */
export function printPolicy(policy: Pick<PolicyDocument, "head" | "statements">): string {
  return JSON.stringify({ ...(policy.head ?? HEAD), Statement: policy.statements });
}

/** A policy, or a first one, with a further statement: a new revision. */
export function withStatement(
  policy: PolicyDocument | undefined,
  statement: Statement,
  randomness: Randomness,
): PolicyDocument {
  const statements = policy?.statements ?? [];
  if (statements.some(({ Sid }) => Sid === statement.Sid))
    throw because("statementExists", { sid: statement.Sid });
  const extended = { ...policy, revisionId: randomness.uuid(), statements: [...statements, statement] };
  const size = Buffer.byteLength(printPolicy(extended));
  if (size > functionLimits.policyBytes) {
    throw because("policyTooLong", { size, most: functionLimits.policyBytes });
  }
  return extended;
}

/** A policy without a statement, which has to be in it: a new revision, or undefined if it was the last. */
export function withoutStatement(
  policy: PolicyDocument,
  sid: string,
  randomness: Randomness,
): PolicyDocument | undefined {
  const statements = policy.statements.filter(({ Sid }) => Sid !== sid);
  if (statements.length === policy.statements.length) throw because("statementMissing", { sid });
  return statements.length === 0 ? undefined : { ...policy, revisionId: randomness.uuid(), statements };
}
