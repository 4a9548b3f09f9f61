import type { AssociateKmsKeyRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOfEither, keyOf, type Logs, sayWithoutEffect } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html */
export async function AssociateKmsKey(
  logs: Logs,
  input: AssociateKmsKeyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const group = groupOfEither(context, input);
  const kmsKeyId = keyOf(context, input.kmsKeyId ?? "");
  await (await logs.current()).write("setKmsKey", { ...group, kmsKeyId });
  sayWithoutEffect(logs, group, ["kmsKeyId"]);
  return {};
}
