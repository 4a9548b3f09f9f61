import type { DisassociateKmsKeyRequest } from "@aws-sdk/client-cloudwatch-logs";
import type { RequestContext } from "../../../wire/index.ts";
import { groupOfEither, type Logs } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DisassociateKmsKey.html */
export async function DisassociateKmsKey(
  logs: Logs,
  input: DisassociateKmsKeyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const group = groupOfEither(context, input);
  await (await logs.current()).write("setKmsKey", { ...group, kmsKeyId: null });
  return {};
}
