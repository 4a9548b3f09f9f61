import type { CreateAccessKeyRequest, CreateAccessKeyResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { addAccessKey, userOf } from "../access-keys.ts";
import type { AccessKeyDocument, Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html */
export async function CreateAccessKey(
  iam: Iam,
  input: CreateAccessKeyRequest,
  context: RequestContext,
): Promise<CreateAccessKeyResponse> {
  const user = await userOf(iam, context, input.UserName);
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
  await addAccessKey(iam, key);
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
