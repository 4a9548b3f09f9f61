import type { AddPermissionRequest, AddPermissionResponse } from "@aws-sdk/client-lambda";
import { partitionOf } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFor } from "../../lookup.ts";
import { qualified } from "../../names.ts";
import { demandPolicyHolder, demandPolicyRevision, policyKey, policyOf } from "../../policy/resource.ts";
import { buildStatement, withStatement } from "../../policy/statement.ts";

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
    demandPolicyRevision(present, target, input.RevisionId);
    const extended = withStatement(policy, statement, plane.randomness);
    const policies = { ...present.document.policies, [policyKey(target)]: extended };
    return { document: { ...present.document, policies } };
  });
  return { Statement: JSON.stringify(statement) };
}
