import type { AddLayerVersionPermissionRequest } from "@aws-sdk/client-lambda";
import { because } from "../errors.ts";
import { buildPrincipal, type PolicyDocument, type Statement } from "../policy/statement.ts";

/** The statement that AddLayerVersionPermission makes of its input. */
export function buildLayerStatement(
  input: AddLayerVersionPermissionRequest,
  resource: string,
  partition: string,
): Statement {
  return {
    Sid: input.StatementId ?? "",
    Effect: "Allow",
    Principal: buildPrincipal(input.Principal ?? "", partition),
    Action: input.Action ?? "",
    Resource: resource,
    ...(input.OrganizationId === undefined
      ? {}
      : { Condition: { StringEquals: { "aws:PrincipalOrgID": input.OrganizationId } } }),
  };
}

export function demandLayerPolicyRevision(
  policy: PolicyDocument | undefined,
  revisionId: string | undefined,
): void {
  if (revisionId !== undefined && revisionId !== policy?.revisionId)
    throw because("staleLayerPolicyRevision");
}
