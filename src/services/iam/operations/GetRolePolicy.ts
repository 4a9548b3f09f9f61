import type { GetRolePolicyRequest, GetRolePolicyResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { encodeDocument } from "../documents.ts";
import { fail } from "../errors.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
export async function GetRolePolicy(
  iam: Iam,
  input: GetRolePolicyRequest,
  context: RequestContext,
): Promise<GetRolePolicyResponse> {
  const role = await iam.roles.get(context.account, input.RoleName ?? "");
  const name = input.PolicyName ?? "";
  const document = Object.hasOwn(role.inlinePolicies, name) ? role.inlinePolicies[name] : undefined;
  if (document === undefined) throw fail("NoSuchEntity", { with: { kind: "role policy", name } });
  return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeDocument(document) };
}
