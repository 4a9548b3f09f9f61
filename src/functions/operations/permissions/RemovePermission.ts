import type { RemovePermissionRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { locateFor } from "../../lookup.ts";
import { qualified } from "../../names.ts";
import { demandPolicyRevision, policyKey, policyOf } from "../../policy/resource.ts";
import { withoutStatement } from "../../policy/statement.ts";

export async function RemovePermission(
  plane: ControlPlane,
  input: RemovePermissionRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateFor(plane, context, input, { shared: false });
  if (plane.repository.get(target, target.name) === undefined) {
    throw because("noPolicyFor", { arn: qualified(target.arn, target.qualifier) });
  }
  await plane.repository.update(target, target.name, (present) => {
    const policy = policyOf(present, target);
    if (policy === undefined) throw because("noPolicy");
    demandPolicyRevision(present, target, input.RevisionId);
    const left = withoutStatement(policy, input.StatementId ?? "", plane.randomness);
    const { [policyKey(target)]: _old, ...others } = present.document.policies;
    const policies = left === undefined ? others : { ...others, [policyKey(target)]: left };
    return { document: { ...present.document, policies } };
  });
  return {};
}
