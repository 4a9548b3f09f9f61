import { parseArn } from "../../base/index.ts";
import type { ConditionElement, PolicyDocument, PrincipalElement } from "./statement.ts";
import { matchesArn, matchesWildcard } from "./wildcard.ts";

/** Who wants to do what, and what is known of the circumstances. */
export interface PolicyRequest {
  readonly principal: { readonly service: string } | { readonly account: string; readonly arn: string };
  /** For instance `lambda:InvokeFunction`. */
  readonly action: string;
  /** Condition keys in lower case, for instance `aws:sourcearn`. */
  readonly context: Readonly<Record<string, string>>;
}

/** Whether a resource policy allows the request. Without a policy nothing is allowed; there are no denials in one. */
export function isAllowed(policy: PolicyDocument | undefined, request: PolicyRequest): boolean {
  return (policy?.statements ?? []).some(
    (statement) =>
      matchesPrincipal(statement.Principal, request.principal) &&
      matchesWildcard(statement.Action.toLowerCase(), request.action.toLowerCase()) &&
      matchesCondition(statement.Condition ?? {}, request.context),
  );
}

function matchesPrincipal(element: PrincipalElement, principal: PolicyRequest["principal"]): boolean {
  if (element === "*") return true;
  if ("service" in principal) return "Service" in element && element.Service === principal.service;
  if (!("AWS" in element)) return false;
  const arn = parseArn(element.AWS);
  return element.AWS === principal.arn || (arn?.resource === "root" && arn.account === principal.account);
}

/** Every key of every operator has to hold; a key that the request does not have fails. */
function matchesCondition(condition: ConditionElement, context: Readonly<Record<string, string>>): boolean {
  return Object.entries(condition).every(([operator, keys]) => {
    const holds = operators[operator];
    return Object.entries(keys).every(([key, wanted]) => {
      const given = context[key.toLowerCase()];
      return given !== undefined && holds !== undefined && holds(wanted, given);
    });
  });
}

const operators: Readonly<Record<string, (wanted: string, given: string) => boolean>> = {
  StringEquals: (wanted, given) => wanted === given,
  Bool: (wanted, given) => wanted.toLowerCase() === given.toLowerCase(),
  ArnLike: matchesArn,
};
