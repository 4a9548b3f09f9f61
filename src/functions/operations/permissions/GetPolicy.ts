import type { GetPolicyRequest, GetPolicyResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { locateFor } from "../../lookup.ts";
import { policyOf } from "../../policy/resource.ts";
import { printPolicy } from "../../policy/statement.ts";

export function GetPolicy(
  plane: ControlPlane,
  input: GetPolicyRequest,
  context: RequestContext,
): GetPolicyResponse {
  const target = locateFor(plane, context, input, { shared: true });
  const entry = plane.repository.get(target, target.name);
  const policy = entry === undefined ? undefined : policyOf(entry, target);
  if (policy === undefined) throw because("resourceMissing");
  return { Policy: printPolicy(policy), RevisionId: policy.revisionId };
}
