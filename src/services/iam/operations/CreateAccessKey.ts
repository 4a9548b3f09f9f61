import type { CreateAccessKeyRequest, CreateAccessKeyResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { keysOfUser, putAccessKey } from "../access-keys.ts";
import { fail } from "../errors.ts";
import type { AccessKeyDocument, Iam } from "../model.ts";

const KEYS_MOST = 2;

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html */
export async function CreateAccessKey(
  iam: Iam,
  input: CreateAccessKeyRequest,
  context: RequestContext,
): Promise<CreateAccessKeyResponse> {
  const name = input.UserName ?? context.identity.arn.slice(context.identity.arn.lastIndexOf("/") + 1);
  const user = await iam.users.get(context.account, name);
  if ((await keysOfUser(iam, context.account, user.name)).length >= KEYS_MOST) {
    throw fail("LimitExceeded", { with: `Cannot exceed quota for AccessKeysPerUser: ${KEYS_MOST}` });
  }
  const key: AccessKeyDocument = {
    id: iam.newId("AKIA"),
    account: context.account,
    userName: user.name,
    userId: user.id,
    userArn: user.arn,
    secretAccessKey: iam.newSecret(),
    active: true,
    createdAt: iam.clock.now(),
  };
  await putAccessKey(iam, key);
  return {
    AccessKey: {
      UserName: key.userName,
      AccessKeyId: key.id,
      Status: "Active",
      SecretAccessKey: key.secretAccessKey,
      CreateDate: new Date(key.createdAt),
    },
  };
}
