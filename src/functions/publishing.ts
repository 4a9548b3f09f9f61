import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { describeVersion } from "./configuration.ts";
import { type ControlPlane, demandStorage } from "./control-plane.ts";
import { isPublished, publish } from "./deployment.ts";
import type { FunctionEntry } from "./entry.ts";
import { findVersion, versionOf } from "./lookup.ts";
import type { Target } from "./names.ts";
import type { Draft } from "./repository.ts";

/** What is stored, and the version that the answer is about: `$LATEST`, or one that was asked to be published. */
export interface Update {
  readonly draft: Draft;
  readonly answerWith: string | undefined;
}

/** Publishes with the change if asked to, unless the last version is the same already. */
export function withPublication(
  plane: ControlPlane,
  present: FunctionEntry,
  draft: Draft,
  asked: boolean,
  description?: string,
): Update {
  if (!asked) return { draft, answerWith: undefined };
  const { lastPublished, latest } = draft.document;
  const last = lastPublished === undefined ? undefined : present.versions.get(lastPublished);
  if (isPublished(latest, last)) return { draft, answerWith: last?.version };
  demandStorage(plane, present, latest.code.sizeBytes);
  const published = publish(draft, plane.randomness, { description });
  return { draft: published, answerWith: published.version?.version };
}

/** Stores an update, has it settled in the background, and describes what the answer is about. */
export async function applyUpdate(
  plane: ControlPlane,
  target: Target,
  change: (present: FunctionEntry) => Update | Draft,
): Promise<FunctionConfiguration> {
  let answerWith: string | undefined;
  const entry = await plane.repository.update(target, target.name, (present) => {
    const update = change(present);
    if (!("draft" in update)) return update;
    answerWith = update.answerWith;
    return update.draft;
  });
  plane.settling.start(entry);
  const qualifier = answerWith ?? target.qualifier;
  return describeVersion(entry, findVersion(entry, { ...target, qualifier }), qualifier);
}

/** What an update would make of the function, which stays as it is. */
export function previewUpdate(
  present: FunctionEntry,
  change: (present: FunctionEntry) => Draft,
): FunctionConfiguration {
  const document = { ...change(present).document, sequence: present.document.sequence };
  const entry = { ...present, document };
  const shown = versionOf(entry, undefined) ?? { version: "$LATEST" as const, record: document.latest };
  return describeVersion(entry, shown, undefined);
}
