import type { DeleteFunctionRequest, DeleteFunctionResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import { aliasesOf } from "../aliases/routing.ts";
import type { ControlPlane } from "../control-plane.ts";
import { own } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { findFunction, locateFor } from "../lookup.ts";
import { qualifierKind, type Target } from "../names.ts";
import { withoutQualifier } from "../qualifier-settings.ts";

/** 204, although the model says 200. */
const DONE: DeleteFunctionResponse = { StatusCode: 204 };

export async function DeleteFunction(
  plane: ControlPlane,
  input: DeleteFunctionRequest,
  context: RequestContext,
): Promise<DeleteFunctionResponse> {
  const target = locateFor(plane, context, input, { shared: true });
  const { qualifier } = target;
  if (qualifier !== undefined && qualifierKind(qualifier) === "alias") throw because("deleteAlias");
  const entry = findFunction(plane, { ...target, qualifier: undefined });
  if (qualifier === undefined) {
    await plane.repository.delete(entry);
    return DONE;
  }
  if (qualifierKind(qualifier) === "latest") throw because("deleteLatest");
  await deleteVersion(plane, target, qualifier);
  return DONE;
}

/** Also fine if there is no such version. */
async function deleteVersion(plane: ControlPlane, target: Target, version: string): Promise<void> {
  let deleted: FunctionEntry | undefined;
  await plane.repository.update(target, target.name, (present) => {
    deleted = undefined;
    if (own(present.document.versions, version) === undefined) return undefined;
    const aliases = aliasesOf(present.document.aliases, version);
    if (aliases.length > 0) throw because("versionInAlias", { aliases: aliases.join(", ") });
    deleted = present;
    const { [version]: _gone, ...versions } = present.document.versions;
    return { document: withoutQualifier({ ...present.document, versions }, version) };
  });
  const record = deleted?.document.versions[version]?.record;
  if (deleted !== undefined && record !== undefined) plane.repository.dropRecord(deleted, version, record);
}
