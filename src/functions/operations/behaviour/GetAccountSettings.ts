import type { GetAccountSettingsRequest, GetAccountSettingsResponse } from "@aws-sdk/client-lambda";
import { functionLimits, invokeLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { unreserved } from "../../concurrency/ledger.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export function GetAccountSettings(
  plane: ControlPlane,
  _input: GetAccountSettingsRequest,
  context: RequestContext,
): GetAccountSettingsResponse {
  const scope = scopeOf(context);
  return {
    AccountLimit: {
      TotalCodeSize: functionLimits.codeStorageBytes,
      CodeSizeUnzipped: functionLimits.unzippedBytes,
      CodeSizeZipped: functionLimits.zipDirectBytes,
      ConcurrentExecutions: invokeLimits.accountConcurrency,
      UnreservedConcurrentExecutions: unreserved(plane.repository.committedConcurrency(scope)),
    },
    AccountUsage: {
      TotalCodeSize: plane.repository.codeBytes(scope),
      FunctionCount: plane.repository.count(scope),
    },
  };
}
