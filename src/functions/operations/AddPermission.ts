import type { AddPermissionRequest, AddPermissionResponse } from "@aws-sdk/client-lambda";
import { functionLimits, partitionOf } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { because } from "../errors.ts";
import { findFunction, locateFor } from "../lookup.ts";
import { qualified } from "../names.ts";
import { demandPolicyHolder, demandPolicyRevision, policyKey, policyOf } from "../policy/resource.ts";
import { buildStatement, type PolicyDocument, printPolicy } from "../policy/statement.ts";

export async function AddPermission(
  plane: ControlPlane,
  input: AddPermissionRequest,
  context: RequestContext,
): Promise<AddPermissionResponse> {
  const target = locateFor(plane, context, input, { shared: false });
  findFunction(plane, target);
  const statement = buildStatement(
    input,
    qualified(target.arn, target.qualifier),
    partitionOf(target.region),
  );
  await plane.repository.update(target, target.name, (present) => {
    demandPolicyHolder(present, target);
    const policy = policyOf(present, target);
    demandPolicyRevision(present, policy, input.RevisionId);
    const statements = policy?.statements ?? [];
    if (statements.some(({ Sid }) => Sid === statement.Sid)) {
      throw because("statementExists", { sid: statement.Sid });
    }
    const extended = { revisionId: plane.randomness.uuid(), statements: [...statements, statement] };
    demandLength(extended);
    const policies = { ...present.document.policies, [policyKey(target)]: extended };
    return { document: { ...present.document, policies } };
  });
  return { Statement: JSON.stringify(statement) };
}

function demandLength(policy: PolicyDocument): void {
  const size = Buffer.byteLength(printPolicy(policy));
  if (size > functionLimits.policyBytes) {
    throw because("policyTooLong", { size, most: functionLimits.policyBytes });
  }
}
