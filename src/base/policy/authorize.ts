import { EvaluationContext, type PolicyRequest } from "./context.ts";
import type { PolicyDocument } from "./document.ts";
import { type Evaluation, evaluateGrants } from "./evaluate.ts";
import { isNamed } from "./principal.ts";

/** Everything that has a say in a request. */
export interface AuthorizationQuery {
  readonly request: PolicyRequest;
  /** The account that owns the resource, which the ARNs of some services leave out. */
  readonly resourceAccount: string;
  /** Of the user and its groups, or of the role. */
  readonly identityPolicies?: readonly PolicyDocument[];
  readonly resourcePolicy?: PolicyDocument;
  readonly permissionsBoundary?: PolicyDocument;
  /** What was handed over when the session was made; together they allow what one of them allows. */
  readonly sessionPolicies?: readonly PolicyDocument[];
}

export type PolicySource = "identity" | "resource" | "boundary" | "session";

export interface Authorization extends Evaluation {
  /** The sort of policy that gave the answer; of an implicit deny, the one whose allow is missing. */
  readonly decidedBy: PolicySource;
}

type Evaluations = Readonly<Record<PolicySource, ReturnType<typeof evaluateGrants> | undefined>>;

/**
 * The answer of all policies together. A deny anywhere is final. In one account, a resource policy that names the
 * caller itself is enough; one that names the caller's role is bounded by the session's limits; one that names the
 * account leaves the decision to the identity's policies, within its boundary and session policies. Between
 * accounts both sides have to allow. Services and anonymous callers have nothing but the resource's policy. The root
 * user of the resource's account needs no policy.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */
export function authorize(query: AuthorizationQuery): Authorization {
  const evaluations = evaluateAll(query);
  for (const source of ["identity", "resource", "boundary", "session"] as const) {
    const evaluation = evaluations[source];
    if (evaluation?.decision === "ExplicitDeny") return answer(evaluation, source);
  }
  const { resource } = evaluations;
  const { principal } = query.request;
  if (!isNamed(principal)) return answer(resource, "resource");
  const identity = identitySide(evaluations, principal.kind === "root");
  if (principal.account !== query.resourceAccount) {
    return identity.decision === "Allow" ? answer(resource, "resource") : identity;
  }
  if (resource?.grant === "direct") return answer(resource, "resource");
  if (resource?.grant === "role") {
    const limit = missingLimit(evaluations);
    return limit === undefined ? answer(resource, "resource") : answer(undefined, limit);
  }
  return identity;
}

function evaluateAll(query: AuthorizationQuery): Evaluations {
  const context = new EvaluationContext(query.request);
  const evaluate = (documents: readonly PolicyDocument[] | undefined) =>
    documents === undefined ? undefined : evaluateGrants(documents, query.request, context);
  const one = (document: PolicyDocument | undefined) => (document === undefined ? undefined : [document]);
  return {
    identity: evaluate(query.identityPolicies),
    resource: evaluate(one(query.resourcePolicy)),
    boundary: evaluate(one(query.permissionsBoundary)),
    session: evaluate(query.sessionPolicies),
  };
}

/** What the caller's own account says. */
function identitySide(evaluations: Evaluations, isRoot: boolean): Authorization {
  if (isRoot) return { decision: "Allow", decidedBy: "identity" };
  if (evaluations.identity?.decision !== "Allow") return answer(undefined, "identity");
  const limit = missingLimit(evaluations);
  return limit === undefined ? answer(evaluations.identity, "identity") : answer(undefined, limit);
}

/** The boundary or session policies, if they are there and do not allow. */
function missingLimit({ boundary, session }: Evaluations): "boundary" | "session" | undefined {
  if (boundary !== undefined && boundary.decision !== "Allow") return "boundary";
  return session !== undefined && session.decision !== "Allow" ? "session" : undefined;
}

function answer(evaluation: Evaluation | undefined, decidedBy: PolicySource): Authorization {
  const decision = evaluation?.decision ?? "ImplicitDeny";
  const statement = evaluation?.statement;
  return { decision, ...(statement === undefined ? {} : { statement }), decidedBy };
}
