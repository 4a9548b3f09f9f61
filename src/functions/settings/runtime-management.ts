import type { GetRuntimeManagementConfigResponse, UpdateRuntimeOn } from "@aws-sdk/client-lambda";
import { own } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { qualified, type Target } from "../names.ts";

/** When a version's runtime is to be replaced. This server has one version of each, which is the one that runs. */
export interface RuntimeManagement {
  readonly updateOn: UpdateRuntimeOn;
  /** With `Manual`. */
  readonly versionArn?: string;
}

const AUTOMATIC: RuntimeManagement = { updateOn: "Auto" };

export function describeRuntimeManagement(
  entry: FunctionEntry,
  { qualifier = "$LATEST" }: Target,
): GetRuntimeManagementConfigResponse {
  const { updateOn, versionArn } = own(entry.document.runtimeManagement, qualifier) ?? AUTOMATIC;
  return {
    UpdateRuntimeOn: updateOn,
    FunctionArn: qualified(entry.arn, qualifier),
    ...(versionArn === undefined ? {} : { RuntimeVersionArn: versionArn }),
  };
}
