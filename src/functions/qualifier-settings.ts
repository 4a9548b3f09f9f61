import type { FunctionDocument } from "./document.ts";

type Settled = Omit<FunctionDocument, "sequence">;

/** The document when a version or alias is gone: what was set for it goes with it, except for its function URL. */
export function withoutQualifier<Document extends Settled>(document: Document, qualifier: string): Document {
  return {
    ...document,
    policies: without(document.policies, qualifier),
    provisioned: without(document.provisioned ?? {}, qualifier),
    eventInvoke: without(document.eventInvoke ?? {}, qualifier),
  };
}

function without<Value>(
  all: Readonly<Record<string, Value>>,
  qualifier: string,
): Readonly<Record<string, Value>> {
  const { [qualifier]: _gone, ...rest } = all;
  return rest;
}
