import type { Clock, Log, Randomness, RoleDirectory } from "../base/index.ts";
import { functionLimits } from "../base/index.ts";
import type { RequestContext } from "../wire/index.ts";
import type { CapacityProviders } from "./capacity-providers/capacity-providers.ts";
import type { CodeSigning, CodeSigningConfig } from "./code-signing/code-signing.ts";
import type { ProvisionedReports } from "./concurrency/provisioned-reports.ts";
import type { CommitmentTurns } from "./concurrency/turns.ts";
import type { Scope } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";
import { because } from "./errors.ts";
import type { CodeLocation } from "./functions.ts";
import type { LayerRepository } from "./layers/layer-repository.ts";
import { referToLayer } from "./layers/lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { Mappings } from "./mappings/mappings.ts";
import type { PackageIntake } from "./package/intake.ts";
import type { FunctionRepository } from "./repository.ts";
import type { FunctionSettings } from "./settings/model.ts";
import type { RuntimeAvailability } from "./settings/runtime.ts";
import { type SettingsContext, withoutEffect } from "./settings/settings.ts";
import type { Settling } from "./settling.ts";

/** What the operations share. */
export interface ControlPlane extends Lookup {
  readonly repository: FunctionRepository;
  readonly mappings: Mappings;
  readonly layers: LayerRepository;
  readonly capacityProviders: CapacityProviders;
  readonly codeSigning: CodeSigning;
  readonly intake: PackageIntake;
  readonly settling: Settling;
  readonly roles: RoleDirectory;
  readonly requireRoles: boolean;
  readonly runtimes: (identifier: string) => RuntimeAvailability;
  readonly codeLocation: CodeLocation;
  readonly provisionedReports: ProvisionedReports;
  readonly commitments: CommitmentTurns;
  /** Services, as ARNs name them, that records of asynchronous invocations can be sent to. */
  readonly destinationServices: ReadonlySet<string>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

/** An update is only possible to the revision that the caller knows, and while nothing else goes on. */
export function demandUpdatable(entry: FunctionEntry, revisionId: string | undefined): FunctionEntry {
  demandRevision(entry, revisionId);
  demandSettled(entry);
  return entry;
}

export function demandRevision(entry: FunctionEntry, revisionId: string | undefined): void {
  if (revisionId !== undefined && revisionId !== entry.document.latest.revisionId) {
    throw because("staleFunctionRevision");
  }
}

export function demandSettled(entry: FunctionEntry): void {
  const { state } = entry.document.latest;
  if (state !== "Active") throw because("functionInState", { state });
  demandNoUpdate(entry);
}

export function demandNoUpdate(entry: FunctionEntry): void {
  if (entry.document.latest.update === "InProgress") throw because("updateInProgress", { arn: entry.arn });
}

/** A further package, or a further version with it, still has to fit into the account's storage. */
export function demandStorage(plane: ControlPlane, scope: Scope, sizeBytes: number): void {
  const present = plane.repository.codeBytes(scope) + plane.layers.codeBytes(scope);
  if (present + sizeBytes > functionLimits.codeStorageBytes) {
    throw because("codeStorageFull");
  }
}

/** The code signing configuration that an operation on one names. */
export function findCodeSigning(
  plane: ControlPlane,
  context: RequestContext,
  arn: string | undefined,
): CodeSigningConfig {
  const found = plane.codeSigning.find(scopeOf(context), arn ?? "");
  if (found === undefined) throw because("signingConfigGone", { arn: arn ?? "" });
  return found;
}

/** A function can only be given a code signing configuration that there is. */
export function demandCodeSigning(plane: ControlPlane, scope: Scope, arn: string): void {
  if (plane.codeSigning.find(scope, arn) === undefined) throw because("codeSigningConfigMissing", { arn });
}

/** What a request's settings are read against. */
export function settingsContext(
  plane: ControlPlane,
  function_: Scope & { readonly name: string },
  context: RequestContext,
): SettingsContext {
  return {
    functionName: function_.name,
    region: function_.region,
    runtimes: plane.runtimes,
    layerVersion: (arn) => referToLayer(plane, context, arn),
  };
}

/** Settings that are kept but do nothing are said, so that nobody waits for their effect. */
export function sayWithoutEffect(plane: ControlPlane, arn: string, settings: FunctionSettings): void {
  const names = withoutEffect(settings, {
    architecture: process.arch === "arm64" ? "arm64" : "x86_64",
    destinations: plane.destinationServices,
  });
  if (names.length > 0) plane.log.warn("settings without effect", { function: arn, settings: names });
}

export function scopeOf(context: RequestContext): Scope {
  return { account: context.account, region: context.region };
}
