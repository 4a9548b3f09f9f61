import type { GetFunctionRequest, GetFunctionResponse } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { findFunction, findVersion, locateFor } from "../lookup.ts";
import { optional } from "../optional.ts";
import { describePresent } from "../present-runtime.ts";

export function GetFunction(
  plane: ControlPlane,
  input: GetFunctionRequest,
  context: RequestContext,
): GetFunctionResponse {
  const target = locateFor(plane, context, input, { shared: true });
  const entry = findFunction(plane, target);
  const shown = findVersion(entry, target);
  const { tags, reservedConcurrency } = entry.document;
  const { code } = shown.record;
  const location =
    code.liveDirectory ??
    plane.codeLocation({
      account: entry.account,
      sha256: code.sha256,
      expiresAt: plane.clock.now() + functionLimits.codeLocationExpirySeconds * 1_000,
      endpoint: context.endpoint,
    });
  return {
    Configuration: describePresent(plane.runtimes, entry, shown, target.qualifier),
    Code: {
      RepositoryType: "S3",
      Location: location,
      ...optional("SourceKMSKeyArn", shown.record.settings.sourceKmsKeyArn),
    },
    ...(reservedConcurrency === undefined
      ? {}
      : { Concurrency: { ReservedConcurrentExecutions: reservedConcurrency } }),
    // With a qualifier the answer is about a version, and tags are the function's.
    ...(target.qualifier === undefined && Object.keys(tags).length > 0 ? { Tags: { ...tags } } : {}),
  };
}
