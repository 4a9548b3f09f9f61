import type { ListRolesRequest, ListRolesResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { toRole } from "../documents.ts";
import type { Iam } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
export async function ListRoles(
  iam: Iam,
  input: ListRolesRequest,
  context: RequestContext,
): Promise<ListRolesResponse> {
  const page = await iam.roles.list(
    context.account,
    { marker: input.Marker, maxItems: input.MaxItems },
    (role) => role.path.startsWith(input.PathPrefix ?? "/"),
  );
  return {
    Roles: page.documents.map((role) => toRole(role, "list")),
    IsTruncated: page.marker !== undefined,
    ...(page.marker === undefined ? {} : { Marker: page.marker }),
  };
}
