import type { CreateRoleRequest, CreateRoleResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { checkPolicyDocument, toRole, toTags } from "../documents.ts";
import { boundaryOf } from "../entity-policies.ts";
import type { Iam, RoleDocument } from "../model.ts";

const SESSION_SECONDS_DEFAULT = 3_600;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export async function CreateRole(
  iam: Iam,
  input: CreateRoleRequest,
  context: RequestContext,
): Promise<CreateRoleResponse> {
  const name = input.RoleName ?? "";
  const path = input.Path ?? "/";
  const role: RoleDocument = {
    name,
    path,
    id: iam.newId("AROA"),
    arn: iam.arn(context, `role${path}${name}`),
    createdAt: iam.clock.now(),
    trustPolicy: checkPolicyDocument(input.AssumeRolePolicyDocument, "trust"),
    maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT,
    tags: toTags(input.Tags),
    inlinePolicies: {},
    attachedPolicies: [],
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(await boundaryOf(iam, context.account, input.PermissionsBoundary)),
  };
  await iam.roles.create(context.account, name, { ...role });
  iam.sayWithoutEffect(
    "role",
    role.arn,
    role.permissionsBoundary === undefined ? [] : ["PermissionsBoundary"],
  );
  return { Role: toRole(role, "full") };
}
