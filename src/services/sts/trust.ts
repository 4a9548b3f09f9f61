import type { CallerIdentity } from "../../base/index.ts";

interface Statement {
  readonly Effect?: string;
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>>;
  readonly Action?: string | readonly string[];
}

/** Whether a role's trust policy lets this caller assume it. Conditions are not evaluated: a statement with one grants nothing. */
export function trusts(policyText: string, caller: CallerIdentity): boolean {
  const policy = JSON.parse(policyText) as { Statement?: Statement | readonly Statement[] };
  const statements = ([] as Statement[]).concat((policy.Statement as Statement[]) ?? []);
  const applying = statements.filter(
    (statement) =>
      list(statement.Action).some((action) => matches(action, "sts:assumerole")) &&
      names(statement.Principal, caller),
  );
  if (applying.some(({ Effect }) => Effect === "Deny")) return false;
  return applying.some((statement) => statement.Effect === "Allow" && !("Condition" in statement));
}

function names(principal: Statement["Principal"], caller: CallerIdentity): boolean {
  if (principal === "*") return true;
  if (typeof principal !== "object") return false;
  return list(principal["AWS"]).some(
    (name) =>
      name === "*" ||
      name === caller.account ||
      name === caller.arn ||
      new RegExp(`^arn:[\\w-]+:iam::${caller.account}:root$`).test(name),
  );
}

function matches(pattern: string, action: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted === "*" || wanted === "sts:*" || wanted === action;
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
