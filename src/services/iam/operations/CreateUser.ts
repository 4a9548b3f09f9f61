import type { CreateUserRequest, CreateUserResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { toTags, toUser } from "../documents.ts";
import { boundaryOf } from "../entity-policies.ts";
import type { Iam, UserDocument } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
export async function CreateUser(
  iam: Iam,
  input: CreateUserRequest,
  context: RequestContext,
): Promise<CreateUserResponse> {
  const name = input.UserName ?? "";
  const path = input.Path ?? "/";
  const user: UserDocument = {
    name,
    path,
    id: iam.newId("AIDA"),
    arn: iam.arn(context, `user${path}${name}`),
    createdAt: iam.clock.now(),
    tags: toTags(input.Tags),
    inlinePolicies: {},
    attachedPolicies: [],
    accessKeys: [],
    ...(await boundaryOf(iam, context.account, input.PermissionsBoundary)),
  };
  await iam.users.create(context.account, name, { ...user });
  iam.sayWithoutEffect(
    "user",
    user.arn,
    user.permissionsBoundary === undefined ? [] : ["PermissionsBoundary"],
  );
  return { User: toUser(user, "full") };
}
