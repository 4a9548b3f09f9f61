import type { GetObjectAclOutput, GetObjectAclRequest } from "@aws-sdk/client-s3";
import type { RequestContext } from "../../../wire/index.ts";
import { ownerGrants } from "../owner.ts";
import { checkVersionId } from "../request/conditions.ts";
import { accessOf, type S3 } from "../s3.ts";

/** Objects have no ACLs, which S3 tells as the owner's full control. */
export async function GetObjectAcl(
  s3: S3,
  input: GetObjectAclRequest,
  context: RequestContext,
): Promise<GetObjectAclOutput> {
  checkVersionId(input.VersionId);
  const access = accessOf(input, context);
  await s3.store.read("readObject", { access, key: input.Key ?? "" });
  return ownerGrants(access.account);
}
