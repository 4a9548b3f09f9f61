import { parseArn, type RoleDirectory } from "../../base/index.ts";
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
  options: { readonly roles: RoleDirectory; readonly required: boolean },
): Promise<void> {
  if (options.required && parseArn(roleArn)?.account !== scope.account) throw because("foreignRole");
  const role = await options.roles.find(roleArn);
  if (role === undefined ? options.required : !trustsLambda(role.trustPolicy)) {
    throw because("roleNotAssumable");
  }
}

/** Whether a trust policy lets the Lambda service assume the role. */
function trustsLambda(policy: string): boolean {
  try {
    const statements = list((JSON.parse(policy) as { Statement?: unknown }).Statement);
    const matching = statements.filter(
      (statement) =>
        list(statement["Action"]).some((action) =>
          /^(?:\*|sts:(?:\*|assume(?:role|\*)))$/i.test(String(action)),
        ) &&
        (statement["Principal"] === "*" || services(statement["Principal"]).includes(LAMBDA)),
    );
    return (
      matching.some((statement) => statement["Effect"] === "Allow") &&
      !matching.some((statement) => statement["Effect"] === "Deny")
    );
  } catch {
    return false;
  }
}

function services(principal: unknown): unknown[] {
  return list((principal as { Service?: unknown } | null | undefined)?.Service);
}

/** IAM lets a single element stand for a list of one. */
function list(value: unknown): Record<string, unknown>[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as Record<string, unknown>[];
}
