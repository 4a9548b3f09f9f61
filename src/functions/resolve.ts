import type { ShownVersion } from "./configuration.ts";
import type { Deployment } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";
import { because } from "./errors.ts";
import type { ProvisionedTarget, ResolvedFunction } from "./interfaces.ts";
import type { LiveRevisions } from "./live/live-code.ts";
import { aliasOf, versionOf } from "./lookup.ts";
import { qualified } from "./names.ts";
import { optional } from "./optional.ts";

/** Where invocations under a qualifier go: to one version, or for a part of them to a second one. */
export interface Route {
  readonly primary: ResolvedFunction;
  readonly additional?: { readonly target: ResolvedFunction; readonly weight: number };
}

/** Throws what Invoke answers if there is no such version, or one that can't run. */
export function routeOf(
  entry: FunctionEntry,
  qualifier: string | undefined,
  revisions: LiveRevisions,
): Route {
  const primary = resolveVersion(entry, qualifier, qualifier, revisions);
  const additional = qualifier === undefined ? undefined : aliasOf(entry, qualifier)?.additional;
  if (additional === undefined || additional.weight === 0) return { primary };
  const { version, weight } = additional;
  return { primary, additional: { target: resolveVersion(entry, qualifier, version, revisions), weight } };
}

/** What serves under `$LATEST`: during an update, and after one that failed, still what was before. */
export function serving(entry: FunctionEntry): Deployment {
  return entry.document.serving ?? entry.document.latest;
}

/** Of what is provisioned, what can be started. */
export function provisionedTargets(
  entry: FunctionEntry,
  revisions: LiveRevisions,
): readonly ProvisionedTarget[] {
  return Object.entries(entry.document.provisioned ?? {}).flatMap(([qualifier, { requested }]) => {
    const shown = versionOf(entry, qualifier);
    if (shown === undefined || !("reference" in shown) || shown.reference.state !== "Active") return [];
    return [{ qualifier, requested, target: resolveVersion(entry, qualifier, qualifier, revisions) }];
  });
}

/** `invoked` is what the request said, `qualifier` what it is to mean. */
function resolveVersion(
  entry: FunctionEntry,
  invoked: string | undefined,
  qualifier: string | undefined,
  revisions: LiveRevisions,
): ResolvedFunction {
  const shown = versionOf(entry, qualifier);
  if (shown === undefined) throw because("functionMissing", { arn: qualified(entry.arn, qualifier) });
  const state = "reference" in shown ? shown.reference.state : shown.record.state;
  if (state !== "Active") {
    throw snapStarts(shown) && state === "Pending"
      ? because("snapshotPending")
      : because("functionInState", { state });
  }
  const deployment = "reference" in shown ? shown.record : serving(entry);
  const { code, settings } = deployment;
  return Object.freeze({
    account: entry.account,
    region: entry.region,
    name: entry.name,
    version: shown.version,
    arn: entry.arn,
    invokedArn: qualified(entry.arn, invoked),
    ...(invoked === undefined || aliasOf(entry, invoked) === undefined ? {} : { alias: invoked }),
    generation: revisions.generationOf(deployment),
    runtime: settings.runtime,
    handler: settings.handler,
    architecture: settings.architecture,
    memoryMiB: settings.memoryMiB,
    timeoutMs: settings.timeoutSeconds * 1_000,
    ephemeralStorageMiB: settings.ephemeralStorageMiB,
    environment: Object.freeze({ ...settings.environment }),
    roleArn: settings.roleArn,
    logGroup: settings.logging.group,
    codeSha256: code.sha256,
    ...optional("liveDirectory", code.liveDirectory),
    layerSha256s: (settings.layers ?? []).map(({ sha256 }) => sha256),
    logFormat: settings.logging.format,
    ...optional("applicationLogLevel", settings.logging.applicationLevel),
    ...optional("systemLogLevel", settings.logging.systemLevel),
    ...optional("deadLetterTargetArn", settings.deadLetterTargetArn),
    ...optional("tenantIsolation", settings.tenantIsolation),
    ...optional("durable", settings.durable),
    ...(snapStarts(shown) ? { snapStart: true } : {}),
    recursiveLoop: entry.document.recursiveLoop ?? "Terminate",
    tags: Object.freeze({ ...entry.document.tags }),
  });
}

/** `$LATEST` never does. */
function snapStarts(shown: ShownVersion): boolean {
  return "reference" in shown && shown.record.settings.snapStart === "PublishedVersions";
}
