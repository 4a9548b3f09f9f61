import type { PutProvisionedConcurrencyConfigResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../wire/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { own } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { aliasOf, locateFor, versionOf } from "../lookup.ts";
import { qualified, qualifierKind, type Target } from "../names.ts";
import type { ProvisionedConfig } from "./model.ts";

/** A version or alias, whose concurrency may be provisioned. */
export interface ProvisionedHolder extends Target {
  readonly qualifier: string;
}

/** What the request is about: never `$LATEST`, of which `refusal` is said. */
export function locateProvisioned(
  plane: ControlPlane,
  context: RequestContext,
  input: { readonly FunctionName: string | undefined; readonly Qualifier: string | undefined },
  refusal: "notPublished" | "provisionedOnLatest",
): ProvisionedHolder {
  const target = locateFor(plane, context, input, { shared: true });
  const { qualifier = "$LATEST" } = target;
  if (qualifierKind(qualifier) === "latest") throw because(refusal);
  return { ...target, qualifier };
}

/** The function, if it has the version or alias. */
export function findHolder(plane: ControlPlane, target: ProvisionedHolder): FunctionEntry {
  const entry = plane.repository.get(target, target.name);
  if (entry !== undefined && versionOf(entry, target.qualifier) !== undefined) return entry;
  const arn = qualified(target.arn, target.qualifier);
  throw because(qualifierKind(target.qualifier) === "version" ? "functionMissing" : "aliasMissing", { arn });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html, https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html */
export function demandProvisionedKind(entry: FunctionEntry, qualifier: string): void {
  const settings = versionOf(entry, qualifier)?.record.settings;
  if (settings?.snapStart === "PublishedVersions") throw because("provisionedSnapStart");
  if (settings?.tenantIsolation !== undefined) throw because("provisionedTenants");
}

/** A version is provisioned once, be it as itself or through one alias. */
export function demandProvisionedOnce(entry: FunctionEntry, qualifier: string): void {
  const version = versionOf(entry, qualifier)?.version;
  if (version === "$LATEST") throw because("provisionedOnLatest");
  for (const other of Object.keys(entry.document.provisioned ?? {})) {
    if (other === qualifier || versionOf(entry, other)?.version !== version) continue;
    throw because(
      aliasOf(entry, qualifier) === undefined ? "versionOfProvisionedAlias" : "aliasOfProvisionedVersion",
    );
  }
}

/** What was asked for, and what invoke has made of it. */
export function describeProvisioned(
  plane: ControlPlane,
  entry: FunctionEntry,
  qualifier: string,
  config: ProvisionedConfig,
): PutProvisionedConcurrencyConfigResponse {
  const generation = versionOf(entry, qualifier)?.record.generation;
  const report = plane.provisionedReports.find(entry.arn, qualifier, generation);
  const { allocated = 0, available = 0, failure } = report ?? {};
  const ready = allocated >= config.requested;
  return {
    RequestedProvisionedConcurrentExecutions: config.requested,
    AvailableProvisionedConcurrentExecutions: Math.min(available, config.requested),
    AllocatedProvisionedConcurrentExecutions: Math.min(allocated, config.requested),
    ...(ready
      ? { Status: "READY" }
      : failure === undefined
        ? { Status: "IN_PROGRESS" }
        : { Status: "FAILED", StatusReason: failure }),
    // Whole seconds, unlike every other time that Lambda writes.
    LastModified: new Date(config.lastModified).toISOString().replace(/\.\d+Z$/, "+0000"),
  };
}

export function provisionedOf(entry: FunctionEntry, qualifier: string): ProvisionedConfig | undefined {
  return own(entry.document.provisioned, qualifier);
}
