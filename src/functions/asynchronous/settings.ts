import { functionLimits } from "../../base/index.ts";
import { own } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import type { AsynchronousSettings } from "../interfaces.ts";

/** What holds under a qualifier, with the service's defaults. */
export function asynchronousSettings(
  entry: FunctionEntry,
  qualifier: string | undefined,
): AsynchronousSettings {
  const config = own(entry.document.eventInvoke, qualifier ?? "$LATEST");
  return {
    maximumRetryAttempts: config?.maximumRetryAttempts ?? functionLimits.asyncRetriesDefault,
    maximumEventAgeSeconds: config?.maximumEventAgeSeconds ?? functionLimits.asyncEventAgeDefaultSeconds,
    ...(config?.onSuccess === undefined ? {} : { onSuccess: config.onSuccess }),
    ...(config?.onFailure === undefined ? {} : { onFailure: config.onFailure }),
  };
}
