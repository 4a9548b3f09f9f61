import { type Randomness } from "../base/index.ts";
import {
  CREATING,
  type Deployment,
  type FunctionDocument,
  type Latest,
  type PublishedVersion,
} from "./document.ts";
import { optional } from "./optional.ts";
import type { Draft } from "./repository.ts";

/** A first document: Pending, and if asked for with version 1. */
export function newFunction(parts: {
  readonly name: string;
  readonly deployment: Omit<Deployment, "generation">;
  readonly tags: Readonly<Record<string, string>>;
  readonly codeSigningConfigArn: string | undefined;
  readonly publish: boolean;
  readonly now: number;
  readonly randomness: Randomness;
}): Draft {
  const { randomness, now } = parts;
  const document = {
    format: 1 as const,
    name: parts.name,
    incarnation: randomness.uuid(),
    latest: {
      ...parts.deployment,
      generation: randomness.uuid(),
      revisionId: randomness.uuid(),
      lastModified: now,
      state: "Pending" as const,
      stateReason: CREATING,
    },
    nextVersion: 1,
    versions: {},
    policies: {},
    tags: parts.tags,
    ...optional("codeSigningConfigArn", parts.codeSigningConfigArn),
  };
  return parts.publish ? publish({ document }, randomness, {}) : { document };
}

/**
 * Another code or configuration. What served goes on to serve until the update is done; after a failed update that is
 * still the one before.
 */
export function changed(
  document: FunctionDocument,
  deployment: Omit<Deployment, "generation">,
  now: number,
  randomness: Randomness,
): Draft {
  const { latest } = document;
  return {
    document: {
      ...document,
      serving: document.serving ?? {
        generation: latest.generation,
        code: latest.code,
        settings: latest.settings,
      },
      latest: {
        ...deployment,
        generation: randomness.uuid(),
        revisionId: randomness.uuid(),
        lastModified: now,
        state: "Active",
        update: "InProgress",
        updateReason: CREATING,
      },
    },
  };
}

/** Publishes what the draft has as `$LATEST`. Until the function is ready the version is Pending like it. */
export function publish(
  draft: Draft,
  randomness: Randomness,
  options: { readonly description?: string | undefined },
): Draft {
  const { document } = draft;
  const { latest } = document;
  const version = String(document.nextVersion);
  const record: PublishedVersion = {
    version,
    // Not the generation of $LATEST: environments belong to one version.
    generation: randomness.uuid(),
    revisionId: randomness.uuid(),
    lastModified: latest.lastModified,
    code: latest.code,
    settings: { ...latest.settings, description: options.description ?? latest.settings.description },
  };
  // With SnapStart a version has its snapshot made first.
  const ready =
    latest.state === "Active" && latest.update === "Successful" && latest.settings.snapStart === "None";
  return {
    document: {
      ...document,
      latest: { ...latest, revisionId: randomness.uuid() },
      nextVersion: document.nextVersion + 1,
      versions: {
        ...document.versions,
        [version]: {
          record: record.revisionId,
          ...(ready ? { state: "Active" } : { state: "Pending", stateReason: CREATING }),
        },
      },
      lastPublished: version,
    },
    version: record,
  };
}

/** Other tags. They make another revision, but neither another generation nor another version. */
export function withTags(
  document: FunctionDocument,
  tags: Readonly<Record<string, string>>,
  randomness: Randomness,
): Draft {
  const latest = { ...document.latest, revisionId: randomness.uuid() };
  return { document: { ...document, tags, latest } };
}

/** Whether publishing would only repeat a version: same code, same configuration; descriptions do not count. */
export function isPublished(latest: Latest, published: PublishedVersion | undefined): boolean {
  if (published === undefined || published.code.sha256 !== latest.code.sha256) return false;
  const plain = (settings: Deployment["settings"]) => canonical({ ...settings, description: "" });
  return plain(published.settings) === plain(latest.settings);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
