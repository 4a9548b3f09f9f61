import {
  evaluatePolicies,
  PolicySyntaxError,
  parseArn,
  parsePolicy,
  type RoleDirectory,
} from "../../base/index.ts";
import type { Scope } from "../document.ts";
import { because } from "../errors.ts";

const LAMBDA = "lambda.amazonaws.com";

/**
 * Whether Lambda may assume the role. A role that IAM knows has to trust Lambda; one that it does not know is only
 * refused if roles are required.
 */
export async function checkRole(
  roleArn: string,
  scope: Scope,
  options: {
    readonly roles: RoleDirectory;
    readonly required: boolean;
    /** Trust policies may tell functions apart. */
    readonly functionArn: string;
  },
): Promise<void> {
  if (options.required && parseArn(roleArn)?.account !== scope.account) throw because("foreignRole");
  const role = await options.roles.find(roleArn);
  const context = { roleArn, account: scope.account, functionArn: options.functionArn };
  if (role === undefined ? options.required : !trustsLambda(role.trustPolicy, context)) {
    throw because("roleNotAssumable");
  }
}

/**
 * Whether a trust policy lets the Lambda service assume the role, for this function.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
 */
function trustsLambda(
  trustPolicy: string,
  context: { readonly roleArn: string; readonly account: string; readonly functionArn: string },
): boolean {
  try {
    const evaluation = evaluatePolicies([parsePolicy(trustPolicy, { kind: "trust" })], {
      principal: { kind: "service", service: LAMBDA },
      action: "sts:AssumeRole",
      resource: context.roleArn,
      context: { "aws:SourceAccount": context.account, "aws:SourceArn": context.functionArn },
    });
    return evaluation.decision === "Allow";
  } catch (error) {
    if (error instanceof PolicySyntaxError) return false;
    throw error;
  }
}
