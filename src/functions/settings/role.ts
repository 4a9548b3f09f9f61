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
  let statements: unknown[];
  try {
    statements = list((JSON.parse(policy) as { Statement?: unknown } | null)?.Statement);
  } catch {
    return false;
  }
  const matching = statements
    .map(readStatement)
    .filter(
      ({ actions, principals }) =>
        actions.some((action) => /^(?:\*|sts:(?:\*|assume(?:role|\*)))$/i.test(action)) &&
        (principals === "*" || principals.includes(LAMBDA)),
    );
  return (
    matching.some(({ effect }) => effect === "Allow") && !matching.some(({ effect }) => effect === "Deny")
  );
}

function readStatement(statement: unknown): {
  readonly effect: unknown;
  readonly actions: readonly string[];
  readonly principals: "*" | readonly unknown[];
} {
  const { Effect, Action, Principal } = (statement ?? {}) as Record<string, unknown>;
  return {
    effect: Effect,
    actions: list(Action).filter((action) => typeof action === "string"),
    principals: Principal === "*" ? "*" : list((Principal as { Service?: unknown } | undefined)?.Service),
  };
}

/** IAM lets a single element stand for a list of one. */
function list(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
