import type { CreateFunctionRequest } from "@aws-sdk/client-lambda";
import { because } from "../errors.ts";

/** What the server refuses to keep, because it could not keep the promise; docs/LIMITS.md lists the same names. */
const reasons = {
  ImageUri: "functions are made of zip archives.",
  ImageConfig: "functions are made of zip archives.",
  "PackageType Image": "functions are made of zip archives.",
  SourceKMSKeyArn: "deployment packages are not encrypted with keys of your own.",
  S3ObjectStorageMode: "deployment packages are always copied (COPY).",
  DeadLetterConfig: "failed events are not sent to a queue or topic.",
  KMSKeyArn: "environment variables are not encrypted with keys of your own.",
  FileSystemConfigs: "there are no network file systems.",
  TenancyConfig: "functions are not isolated by tenant.",
  CapacityProviderConfig: "there are no capacity providers.",
  DurableConfig: "there are no durable executions.",
  PublishTo: "there are no capacity providers.",
} as const;

export function refuseMember(member: keyof typeof reasons): never {
  throw because("refusedSetting", { member, reason: reasons[member] });
}

/** Of both CreateFunction and UpdateFunctionConfiguration; empty values, by which templates say "none", are fine. */
export function refuseSettings(
  input: Partial<
    Pick<
      CreateFunctionRequest,
      | "CapacityProviderConfig"
      | "DeadLetterConfig"
      | "DurableConfig"
      | "FileSystemConfigs"
      | "ImageConfig"
      | "KMSKeyArn"
      | "TenancyConfig"
    >
  >,
): void {
  if (input.CapacityProviderConfig !== undefined) refuseMember("CapacityProviderConfig");
  if (input.DeadLetterConfig?.TargetArn) refuseMember("DeadLetterConfig");
  if (input.DurableConfig !== undefined) refuseMember("DurableConfig");
  if ((input.FileSystemConfigs ?? []).length > 0) refuseMember("FileSystemConfigs");
  if (Object.values(input.ImageConfig ?? {}).some((value) => value !== undefined)) {
    refuseMember("ImageConfig");
  }
  if (input.KMSKeyArn) refuseMember("KMSKeyArn");
  if (input.TenancyConfig !== undefined) refuseMember("TenancyConfig");
}
