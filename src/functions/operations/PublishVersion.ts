import type { FunctionConfiguration, PublishVersionRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { type ControlPlane, demandRevision, demandSettled } from "../control-plane.ts";
import { because } from "../errors.ts";
import { findFunction, locateFunction } from "../lookup.ts";
import { applyUpdate, withPublication } from "../publishing.ts";
import { refuseMember } from "../settings/refused.ts";

export async function PublishVersion(
  plane: ControlPlane,
  input: PublishVersionRequest,
  context: RequestContext,
): Promise<FunctionConfiguration> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  findFunction(plane, target);
  if (input.PublishTo !== undefined) refuseMember("PublishTo");
  return applyUpdate(plane, target, (present) => {
    const { latest } = present.document;
    demandRevision(present, input.RevisionId);
    const actual = Buffer.from(latest.code.sha256, "hex").toString("base64");
    if (input.CodeSha256 && input.CodeSha256 !== actual) {
      throw because("codeSha256Mismatch", { given: input.CodeSha256, actual });
    }
    demandSettled(present);
    return withPublication(plane, present, { document: present.document }, true, input.Description);
  });
}
