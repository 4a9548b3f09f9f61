import { functionArn, invariant } from "../base/index.ts";
import type { Revision, StateEntry } from "../storage/index.ts";
import {
  decodeFunction,
  type FunctionDocument,
  type FunctionKeyParts,
  type PublishedVersion,
  parseFunctionKey,
  versionKey,
} from "./document.ts";

/** A function as this process knows it. Immutable: every change makes another entry. */
export interface FunctionEntry extends FunctionKeyParts {
  readonly key: string;
  /** Unqualified. */
  readonly arn: string;
  readonly rev: Revision;
  readonly document: FunctionDocument;
  readonly versions: ReadonlyMap<string, PublishedVersion>;
}

/** Undefined if the document refers to a version that is not `known`. */
export function assemble(
  stored: StateEntry,
  known: ReadonlyMap<string, PublishedVersion>,
): FunctionEntry | undefined {
  const parts = partsOf(stored.key);
  const document = decodeFunction(stored.value);
  const versions = new Map<string, PublishedVersion>();
  for (const version of Object.keys(document.versions).sort((a, b) => Number(a) - Number(b))) {
    const record = known.get(version);
    if (record === undefined) return undefined;
    versions.set(version, record);
  }
  return { ...parts, key: stored.key, arn: arnOf(parts), rev: stored.rev, document, versions };
}

/** Keys of the records of all its versions. */
export function recordKeys(entry: FunctionEntry): string[] {
  return Object.entries(entry.document.versions).map(([version, { record }]) =>
    versionKey(entry, entry.document.incarnation, version, record),
  );
}

/** Key of the record of a version that the document publishes. */
export function publishedKey(
  parts: FunctionKeyParts,
  document: FunctionDocument,
  version: PublishedVersion,
): string {
  const reference = document.versions[version.version];
  invariant(reference !== undefined, "a document does not refer to the version it publishes");
  return versionKey(parts, document.incarnation, version.version, reference.record);
}

export function partsOf(key: string): FunctionKeyParts {
  const parts = parseFunctionKey(key);
  invariant(parts !== undefined, "not the key of a function");
  return parts;
}

/** Unqualified. */
export function arnOf(parts: FunctionKeyParts): string {
  return functionArn(parts.account, parts.region, parts.name);
}
