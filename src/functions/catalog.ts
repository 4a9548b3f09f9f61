import type { EventOrigin } from "../base/index.ts";
import type { Deployment } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";
import { because } from "./errors.ts";
import type { FunctionCatalog, ResolvedFunction } from "./interfaces.ts";
import { versionOf } from "./lookup.ts";
import { locate, parseFunctionName, qualified } from "./names.ts";
import type { PackageStore } from "./package/package-store.ts";
import { isAllowed } from "./policy/evaluate.ts";
import type { FunctionRepository } from "./repository.ts";

type SupersededListener = Parameters<FunctionCatalog["onSuperseded"]>[0];

/** The functions as the invoke path sees them. */
export class RepositoryCatalog implements FunctionCatalog {
  readonly #repository: FunctionRepository;
  readonly #packages: PackageStore;
  readonly #listeners: SupersededListener[] = [];
  /** By qualifier, the empty one for none. An entry is replaced by every change, and this goes with it. */
  readonly #resolved = new WeakMap<FunctionEntry, Map<string, ResolvedFunction>>();

  constructor(repository: FunctionRepository, packages: PackageStore) {
    this.#repository = repository;
    this.#packages = packages;
    repository.onChange((before, after) => this.#announce(before, after));
  }

  resolve(request: Parameters<FunctionCatalog["resolve"]>[0]): ResolvedFunction {
    const target = locate({ ...request, shared: false });
    const entry = this.#repository.get(target, target.name);
    if (entry === undefined) {
      throw because("functionMissing", { arn: qualified(target.arn, target.qualifier ?? "$LATEST") });
    }
    let byQualifier = this.#resolved.get(entry);
    if (byQualifier === undefined) {
      byQualifier = new Map();
      this.#resolved.set(entry, byQualifier);
    }
    const qualifier = target.qualifier ?? "";
    let resolved = byQualifier.get(qualifier);
    if (resolved === undefined) {
      resolved = resolveVersion(entry, target.qualifier);
      byQualifier.set(qualifier, resolved);
    }
    return resolved;
  }

  codeDirectory(target: ResolvedFunction): Promise<string> {
    return this.#packages.directoryOf(target.codeSha256);
  }

  onSuperseded(listener: SupersededListener): void {
    this.#listeners.push(listener);
  }

  authorize(functionArn: string, origin: EventOrigin): "ok" | "missing" | "forbidden" {
    const { account, region, name, qualifier } = parseFunctionName(functionArn) ?? {};
    if (account === undefined || region === undefined || name === undefined) return "missing";
    const entry = this.#repository.get({ account, region }, name);
    if (entry === undefined || versionOf(entry, qualifier) === undefined) return "missing";
    const allowed = isAllowed(entry.document.policies[qualifier ?? ""], {
      principal: { kind: "service", service: origin.principal },
      action: "lambda:InvokeFunction",
      resource: qualified(entry.arn, qualifier),
      context: { "aws:SourceArn": origin.sourceArn, "aws:SourceAccount": origin.sourceAccount },
    });
    return allowed ? "ok" : "forbidden";
  }

  #announce(before: FunctionEntry | undefined, after: FunctionEntry | undefined): void {
    if (before === undefined) return;
    const current = after === undefined ? undefined : generations(after);
    for (const [version, generation] of generations(before)) {
      if (current?.get(version) === generation) continue;
      for (const listener of this.#listeners) listener({ arn: before.arn, version, generation });
    }
  }
}

/** What serves under `$LATEST`: during an update, and after one that failed, still what was before. */
function serving(entry: FunctionEntry): Deployment {
  return entry.document.serving ?? entry.document.latest;
}

function generations(entry: FunctionEntry): Map<string, string> {
  const all = new Map([["$LATEST", serving(entry).generation]]);
  for (const [version, record] of entry.versions) all.set(version, record.generation);
  return all;
}

function resolveVersion(entry: FunctionEntry, qualifier: string | undefined): ResolvedFunction {
  const shown = versionOf(entry, qualifier);
  if (shown === undefined) throw because("functionMissing", { arn: qualified(entry.arn, qualifier) });
  const state = "reference" in shown ? shown.reference.state : shown.record.state;
  if (state !== "Active") throw because("functionInState", { state });
  const { generation, code, settings } = "reference" in shown ? shown.record : serving(entry);
  return Object.freeze({
    account: entry.account,
    region: entry.region,
    name: entry.name,
    version: shown.version,
    arn: entry.arn,
    invokedArn: qualified(entry.arn, qualifier),
    generation,
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
  });
}
