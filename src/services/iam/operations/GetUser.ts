import type { GetUserRequest, GetUserResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { userOf } from "../access-keys.ts";
import { toUser } from "../documents.ts";
import type { Iam } from "../model.ts";

/** Without a name it is the caller: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html */
export async function GetUser(
  iam: Iam,
  input: GetUserRequest,
  context: RequestContext,
): Promise<GetUserResponse> {
  if (input.UserName === undefined && context.identity.kind === "root") {
    return {
      User: {
        Path: "/",
        UserName: "root",
        UserId: context.account,
        Arn: context.identity.arn,
        CreateDate: new Date(0),
      },
    };
  }
  return { User: toUser(await userOf(iam, context, input.UserName), "full") };
}
