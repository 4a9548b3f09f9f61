import type { ListUsersRequest, ListUsersResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { toUser } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html */
export async function ListUsers(
  iam: Iam,
  input: ListUsersRequest,
  context: RequestContext,
): Promise<ListUsersResponse> {
  const page = await iam.users.list(
    context.account,
    { marker: input.Marker, maxItems: input.MaxItems },
    (user) => user.path.startsWith(input.PathPrefix ?? "/"),
  );
  return {
    Users: page.documents.map((user) => toUser(user, "list")),
    IsTruncated: page.marker !== undefined,
    ...(page.marker === undefined ? {} : { Marker: page.marker }),
  };
}
