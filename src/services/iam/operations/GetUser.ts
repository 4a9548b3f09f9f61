import type { GetUserRequest, GetUserResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
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
  const name = input.UserName ?? context.identity.arn.slice(context.identity.arn.lastIndexOf("/") + 1);
  return { User: toUser(await iam.users.get(context.account, name), "full") };
}
