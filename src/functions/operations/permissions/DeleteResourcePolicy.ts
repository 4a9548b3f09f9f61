import type { DeleteResourcePolicyRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { findFunction } from "../../lookup.ts";
import { demandPolicyRevision, policyKey, policyOf } from "../../policy/resource.ts";
import { locateByArn } from "../../policy/whole-policy.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteResourcePolicy.html */
export async function DeleteResourcePolicy(
  plane: ControlPlane,
  input: DeleteResourcePolicyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateByArn(plane, context, input.ResourceArn);
  findFunction(plane, target);
  await plane.repository.update(target, target.name, (present) => {
    if (policyOf(present, target) === undefined) throw because("noPolicy");
    demandPolicyRevision(present, target, input.RevisionId);
    const { [policyKey(target)]: _gone, ...policies } = present.document.policies;
    return { document: { ...present.document, policies } };
  });
  return {};
}
