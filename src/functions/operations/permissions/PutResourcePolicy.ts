import type { PutResourcePolicyRequest, PutResourcePolicyResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction } from "../../lookup.ts";
import { demandPolicyHolder, demandPolicyRevision, policyKey } from "../../policy/resource.ts";
import { printPolicy } from "../../policy/statement.ts";
import { locateByArn, wholePolicy } from "../../policy/whole-policy.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html */
export async function PutResourcePolicy(
  plane: ControlPlane,
  input: PutResourcePolicyRequest,
  context: RequestContext,
): Promise<PutResourcePolicyResponse> {
  const target = locateByArn(plane, context, input.ResourceArn);
  findFunction(plane, target);
  const policy = wholePolicy(input.Policy, plane.randomness);
  await plane.repository.update(target, target.name, (present) => {
    demandPolicyHolder(present, target);
    demandPolicyRevision(present, target, input.RevisionId);
    const policies = { ...present.document.policies, [policyKey(target)]: policy };
    return { document: { ...present.document, policies } };
  });
  return { Policy: printPolicy(policy), RevisionId: policy.revisionId };
}
