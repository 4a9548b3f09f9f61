import type { GetResourcePolicyRequest, GetResourcePolicyResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { findFunction } from "../../lookup.ts";
import { policyOf } from "../../policy/resource.ts";
import { printPolicy } from "../../policy/statement.ts";
import { locateByArn } from "../../policy/whole-policy.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetResourcePolicy.html */
export function GetResourcePolicy(
  plane: ControlPlane,
  input: GetResourcePolicyRequest,
  context: RequestContext,
): GetResourcePolicyResponse {
  const target = locateByArn(plane, context, input.ResourceArn);
  const policy = policyOf(findFunction(plane, target), target);
  if (policy === undefined) throw because("resourceMissing");
  return { Policy: printPolicy(policy), RevisionId: policy.revisionId };
}
