import type { CreateFunctionRequest } from "@aws-sdk/client-lambda";
import { because } from "../errors.ts";

/** What the server refuses to keep, because it could not keep the promise; docs/LIMITS.md lists the same names. */
const reasons = {
  ImageUri: "functions are made of zip archives.",
  ImageConfig: "functions are made of zip archives.",
  "PackageType Image": "functions are made of zip archives.",
  S3ObjectStorageMode: "deployment packages are always copied (COPY).",
  FileSystemConfigs: "there are no network file systems.",
  CapacityProviderConfig: "functions do not run on capacity providers.",
  PublishTo: "functions do not run on capacity providers.",
} as const;

export function refuseMember(member: keyof typeof reasons): never {
  throw because("refusedSetting", { member, reason: reasons[member] });
}

/** Of both CreateFunction and UpdateFunctionConfiguration; empty values, by which templates say "none", are fine. */
export function refuseSettings(
  input: Partial<Pick<CreateFunctionRequest, "FileSystemConfigs" | "ImageConfig">>,
): void {
  if ((input.FileSystemConfigs ?? []).length > 0) refuseMember("FileSystemConfigs");
  if (Object.values(input.ImageConfig ?? {}).some((value) => value !== undefined)) {
    refuseMember("ImageConfig");
  }
}
