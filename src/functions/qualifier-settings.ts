import type { FunctionDocument } from "./document.ts";
import { qualifierKind } from "./names.ts";

type Settled = Omit<FunctionDocument, "sequence">;

/** The document when a version or alias is gone: what was set for it goes with it, except for its function URL. */
export function withoutQualifier<Document extends Settled>(document: Document, qualifier: string): Document {
  return {
    ...document,
    policies: without(document.policies, qualifier),
    provisioned: without(document.provisioned ?? {}, qualifier),
    eventInvoke: without(document.eventInvoke ?? {}, qualifier),
    runtimeManagement: without(document.runtimeManagement ?? {}, qualifier),
  };
}

function without<Value>(
  all: Readonly<Record<string, Value>>,
  qualifier: string,
): Readonly<Record<string, Value>> {
  const { [qualifier]: _gone, ...rest } = all;
  return rest;
}

/** Sorts as the service lists: `$LATEST`, then versions by number, then aliases by name. */
export function qualifierOrder(qualifier: string): string {
  const kind = qualifierKind(qualifier);
  if (kind === "latest" || kind === "latest-published") return `0${qualifier}`;
  return kind === "version" ? `1${qualifier.padStart(20, "0")}` : `2${qualifier}`;
}
