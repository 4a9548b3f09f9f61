import { EvaluationContext, type PolicyRequest } from "./context.ts";
import type { PolicyDocument, PolicyStatement } from "./document.ts";
import { type Grant, grantOf, isExcepted } from "./principal.ts";

export type Decision = "Allow" | "ExplicitDeny" | "ImplicitDeny";

export interface Evaluation {
  readonly decision: Decision;
  /** The one that decided; absent where no statement applies. */
  readonly statement?: PolicyStatement;
}

/** An evaluation that also tells how an allowing statement names the caller. */
export interface GrantedEvaluation extends Evaluation {
  readonly grant?: Grant;
}

const RANK: Readonly<Record<Grant, number>> = { account: 0, role: 1, direct: 2 };

/**
 * Evaluates documents of one sort: a deny outweighs every allow, and without an allow the answer is no.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function evaluatePolicies(documents: readonly PolicyDocument[], request: PolicyRequest): Evaluation {
  const { decision, statement } = evaluateGrants(documents, request, new EvaluationContext(request));
  return statement === undefined ? { decision } : { decision, statement };
}

/** Of several allowing statements the one whose grant goes furthest counts. */
export function evaluateGrants(
  documents: readonly PolicyDocument[],
  request: PolicyRequest,
  context: EvaluationContext,
): GrantedEvaluation {
  const action = request.action.toLowerCase();
  let best: GrantedEvaluation = { decision: "ImplicitDeny" };
  for (const { statements } of documents) {
    for (const statement of statements) {
      const grant = applies(statement, action, request, context);
      if (grant === undefined) continue;
      if (statement.effect === "Deny") return { decision: "ExplicitDeny", statement };
      if (best.grant === undefined || RANK[grant] > RANK[best.grant]) {
        best = { decision: "Allow", statement, grant };
      }
    }
  }
  return best;
}

/** Whether the statement is about the request, and how it names the caller. */
function applies(
  statement: PolicyStatement,
  action: string,
  request: PolicyRequest,
  context: EvaluationContext,
): Grant | undefined {
  const { actions, conditions } = statement;
  if (actions.patterns.some((pattern) => pattern.matches(action)) === actions.none) return undefined;
  const grant = namesCaller(statement, request);
  if (grant === undefined || !namesResource(statement, request.resource, context)) return undefined;
  return conditions.every((condition) => condition.holds(context)) ? grant : undefined;
}

/** Identity-based policies are about whom they are attached to. */
function namesCaller({ principals, effect }: PolicyStatement, request: PolicyRequest): Grant | undefined {
  if (principals === undefined) return "direct";
  if (!principals.none) return grantOf(principals.entries, request.principal);
  return isExcepted(principals.entries, request.principal, effect) ? undefined : "direct";
}

/** A NotResource with a variable that the request lacks counts against the request. */
function namesResource(
  { resources, effect }: PolicyStatement,
  resource: string,
  context: EvaluationContext,
): boolean {
  if (resources === undefined) return true;
  let unresolved = false;
  for (const pattern of resources.patterns) {
    const matches = pattern.matches(resource, context);
    if (matches === true) return !resources.none;
    unresolved ||= matches === undefined;
  }
  return resources.none && (!unresolved || effect === "Deny");
}
