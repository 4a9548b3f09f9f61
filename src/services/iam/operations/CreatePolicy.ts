import type { CreatePolicyRequest, CreatePolicyResponse } from "@aws-sdk/client-iam";
import type { RequestContext } from "../../../wire/index.ts";
import { UNUSED } from "../attachments.ts";
import { checkPolicyDocument, toPolicy, toTags } from "../documents.ts";
import { fail } from "../errors.ts";
import type { Iam, PolicyDocument } from "../model.ts";

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html */
export async function CreatePolicy(
  iam: Iam,
  input: CreatePolicyRequest,
  context: RequestContext,
): Promise<CreatePolicyResponse> {
  const name = input.PolicyName ?? "";
  const path = input.Path ?? "/";
  const now = iam.clock.now();
  const policy: PolicyDocument = {
    name,
    path,
    id: iam.newId("ANPA"),
    arn: iam.arn(context, `policy${path}${name}`),
    createdAt: now,
    updatedAt: now,
    defaultVersion: "v1",
    nextVersion: 2,
    versions: [{ id: "v1", document: checkPolicyDocument(input.PolicyDocument, "managed"), createdAt: now }],
    tags: toTags(input.Tags),
    ...(input.Description === undefined ? {} : { description: input.Description }),
  };
  if ((await iam.policies.find(context.account, name)) !== undefined) {
    throw fail("EntityAlreadyExists", {
      with: `A policy called ${name} already exists. Duplicate names are not allowed.`,
    });
  }
  await iam.policies.create(context.account, name, { ...policy });
  return { Policy: toPolicy(policy, UNUSED) };
}
