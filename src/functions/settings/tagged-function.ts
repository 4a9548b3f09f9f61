import { parseArn } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { findFunction, locateFor } from "../lookup.ts";

/** The function that a tag operation's ARN names; versions and other resources have no tags here. */
export function taggedFunction(
  plane: ControlPlane,
  context: RequestContext,
  resource: string | undefined,
): FunctionEntry {
  const arn = resource ?? "";
  if (parseArn(arn)?.resource.startsWith("event-source-mapping:")) {
    throw because("eventSourceMappingMissing", { arn });
  }
  if (parseArn(arn)?.resource.startsWith("capacity-provider:"))
    throw because("capacityProviderMissing", { arn });
  if (parseArn(arn)?.resource.startsWith("code-signing-config:")) throw because("signingConfigGone", { arn });
  const target = locateFor(plane, context, { FunctionName: arn }, { shared: true });
  if (target.qualifier !== undefined) throw because("tagsOnQualified");
  return findFunction(plane, target);
}
