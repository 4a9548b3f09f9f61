import { copyOf, type EventOrigin, functionLimits, type Randomness } from "../base/index.ts";
import type { RequestContext } from "../wire/index.ts";
import { asynchronousSettings } from "./asynchronous/settings.ts";
import { unreserved } from "./concurrency/ledger.ts";
import type { ProvisionedReports } from "./concurrency/provisioned-reports.ts";
import { functionKey, own, type Scope } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";
import { because } from "./errors.ts";
import type {
  AsynchronousSettings,
  FunctionCatalog,
  FunctionConcurrency,
  ProvisionedReport,
  ResolvedFunction,
} from "./interfaces.ts";
import type { LiveChange, LiveCode, LiveRevisions } from "./live/live-code.ts";
import { demandShare, versionOf } from "./lookup.ts";
import { locate, parseFunctionName, qualified, type Target } from "./names.ts";
import type { PackageStore } from "./package/package-store.ts";
import { isAllowed } from "./policy/evaluate.ts";
import type { FunctionRepository } from "./repository.ts";
import { provisionedTargets, type Route, routeOf, serving } from "./resolve.ts";

type ReloadedListener = Parameters<FunctionCatalog["onReloaded"]>[0];
type SupersededListener = Parameters<FunctionCatalog["onSuperseded"]>[0];

interface Located {
  readonly target: Target;
  /** Of the function's document. */
  readonly key: string;
}

function located(target: Target): Located {
  return { target, key: functionKey(target, target.name) };
}

/** The functions as the invoke path sees them. */
export class RepositoryCatalog implements FunctionCatalog {
  readonly #repository: FunctionRepository;
  readonly #packages: PackageStore;
  readonly #live: LiveCode;
  readonly #reports: ProvisionedReports;
  readonly #randomness: Randomness;
  readonly #superseded: SupersededListener[] = [];
  readonly #reloaded: ReloadedListener[] = [];
  /** Functions that one environment serves, by ARN. */
  readonly #alone = new Set<string>();
  readonly #serving: ((target: ResolvedFunction) => void)[] = [];
  readonly #concurrencyChanged: ((functionArn: string) => void)[] = [];
  /** By qualifier, the empty one for none. An entry is replaced by every change, and this goes with it. */
  readonly #routes = new WeakMap<FunctionEntry, Map<string, Route>>();
  readonly #concurrency = new WeakMap<FunctionEntry, FunctionConcurrency>();
  /** By the caller's account and region and the name without a qualifier beside it. */
  readonly #located = new Map<string, Located>();

  constructor(options: {
    readonly repository: FunctionRepository;
    readonly packages: PackageStore;
    readonly live: LiveCode;
    readonly reports: ProvisionedReports;
    readonly randomness: Randomness;
  }) {
    this.#repository = options.repository;
    this.#packages = options.packages;
    this.#live = options.live;
    this.#reports = options.reports;
    this.#randomness = options.randomness;
    this.#repository.onChange((before, after) => {
      this.#announceSuperseded(before, after);
      this.#announceServing(before, after);
      this.#announceConcurrency(before, after);
    });
    this.#live.onChange((entry, change) => this.#announceReload(entry, change));
  }

  resolve(request: Parameters<FunctionCatalog["resolve"]>[0], caller?: RequestContext): ResolvedFunction {
    const { target, key } = this.#locate(request, caller);
    if (caller !== undefined && target.account !== caller.account) {
      demandShare({ repository: this.#repository }, caller, target);
    }
    const entry = this.#repository.at(key);
    if (entry === undefined) {
      throw because("functionMissing", { arn: qualified(target.arn, target.qualifier ?? "$LATEST") });
    }
    let byQualifier = this.#routes.get(entry);
    if (byQualifier === undefined) {
      byQualifier = new Map();
      this.#routes.set(entry, byQualifier);
    }
    const qualifier = target.qualifier ?? "";
    let route = byQualifier.get(qualifier);
    if (route === undefined) {
      route = routeOf(entry, target.qualifier, this.#live);
      byQualifier.set(qualifier, route);
    }
    const { primary, additional } = route;
    return additional !== undefined && this.#randomness.uniform() < additional.weight
      ? additional.target
      : primary;
  }

  /** Most requests name a function of the caller's own, by the same name again and again. */
  #locate(request: Parameters<FunctionCatalog["resolve"]>[0], caller: RequestContext | undefined): Located {
    const { account, region, functionName, qualifier } = request;
    const shared = caller !== undefined;
    if (qualifier !== undefined) return located(locate({ ...request, shared }));
    const name = `${account}/${region}/${functionName}`;
    const known = this.#located.get(name);
    if (known !== undefined) return known;
    const found = located(locate({ account, region, functionName: copyOf(functionName), shared }));
    if (found.target.account !== account) return found;
    if (this.#located.size >= functionLimits.knownNames) this.#located.clear();
    this.#located.set(name, found);
    return found;
  }

  codeDirectory(target: ResolvedFunction): Promise<string> {
    return target.liveDirectory === undefined
      ? this.#packages.directoryOf(target.codeSha256)
      : this.#live.codeOf(target.liveDirectory, target);
  }

  layersDirectory(target: ResolvedFunction): Promise<string | undefined> {
    return this.#packages.layersDirectoryOf(target.layerSha256s);
  }

  onServing(listener: (target: ResolvedFunction) => void): void {
    this.#serving.push(listener);
  }

  onReloaded(listener: ReloadedListener): void {
    this.#reloaded.push(listener);
  }

  serveAlone(functionArn: string, alone: boolean): boolean {
    const { entry } = this.#find(functionArn) ?? {};
    if (entry === undefined) return false;
    if (alone) this.#alone.add(entry.arn);
    else this.#alone.delete(entry.arn);
    this.#concurrency.delete(entry);
    for (const listener of this.#concurrencyChanged) listener(entry.arn);
    this.#live.renew(entry);
    return true;
  }

  onSuperseded(listener: SupersededListener): void {
    this.#superseded.push(listener);
  }

  concurrency(functionArn: string): FunctionConcurrency | undefined {
    const { entry } = this.#find(functionArn) ?? {};
    if (entry === undefined) return undefined;
    let known = this.#concurrency.get(entry);
    if (known === undefined) {
      known = {
        reserved: this.#alone.has(entry.arn) ? 1 : entry.document.reservedConcurrency,
        provisioned: provisionedTargets(entry, this.#live),
      };
      this.#concurrency.set(entry, known);
    }
    return known;
  }

  onConcurrencyChanged(listener: (functionArn: string) => void): void {
    this.#concurrencyChanged.push(listener);
  }

  provisionedFunctions(): readonly string[] {
    return [...this.#repository.all()].filter(hasProvisioned).map(({ arn }) => arn);
  }

  reportProvisioned(report: ProvisionedReport): void {
    const { entry } = this.#find(report.arn) ?? {};
    if (own(entry?.document.provisioned, report.qualifier) !== undefined) this.#reports.put(report);
  }

  unreservedConcurrency(scope: Scope): number {
    return unreserved(this.#repository.committedConcurrency(scope));
  }

  asynchronousSettings(invokedArn: string): AsynchronousSettings | undefined {
    const found = this.#find(invokedArn);
    return found && asynchronousSettings(found.entry, found.qualifier);
  }

  authorize(functionArn: string, origin: EventOrigin): "ok" | "missing" | "forbidden" {
    const { entry, qualifier } = this.#find(functionArn) ?? {};
    if (entry === undefined || versionOf(entry, qualifier) === undefined) return "missing";
    const allowed = isAllowed(own(entry.document.policies, qualifier ?? ""), {
      principal: { kind: "service", service: origin.principal },
      action: "lambda:InvokeFunction",
      resource: qualified(entry.arn, qualifier),
      context: { "aws:SourceArn": origin.sourceArn, "aws:SourceAccount": origin.sourceAccount },
    });
    return allowed ? "ok" : "forbidden";
  }

  #find(functionArn: string): { entry: FunctionEntry; qualifier: string | undefined } | undefined {
    const { account, region, name, qualifier } = parseFunctionName(functionArn) ?? {};
    if (account === undefined || region === undefined || name === undefined) return undefined;
    const entry = this.#repository.get({ account, region }, name);
    return entry && { entry, qualifier };
  }

  /** The directory of a function has changed, and with it every generation that runs from it. */
  #announceReload(entry: FunctionEntry, { before, paths }: LiveChange): void {
    this.#routes.delete(entry);
    this.#concurrency.delete(entry);
    const now = this.#generations(entry);
    for (const [version, generation] of this.#generations(entry, before)) {
      if (now.get(version) === generation) continue;
      for (const listener of this.#superseded) listener({ arn: entry.arn, version, generation });
      const shown = versionOf(entry, version === "$LATEST" ? undefined : version);
      if (shown === undefined || !isActive(shown)) continue;
      const { primary } = routeOf(entry, version === "$LATEST" ? undefined : version, this.#live);
      const reload = { paths, alone: this.#alone.has(entry.arn) && version === "$LATEST" };
      for (const listener of this.#reloaded) listener(primary, reload);
    }
    if (hasProvisioned(entry)) for (const listener of this.#concurrencyChanged) listener(entry.arn);
  }

  #generations(entry: FunctionEntry, revisions: LiveRevisions = this.#live): Map<string, string> {
    const all = new Map([["$LATEST", revisions.generationOf(serving(entry))]]);
    for (const [version, record] of entry.versions) all.set(version, revisions.generationOf(record));
    return all;
  }

  #announceSuperseded(before: FunctionEntry | undefined, after: FunctionEntry | undefined): void {
    if (before === undefined) return;
    const current = after === undefined ? undefined : this.#generations(after);
    for (const [version, generation] of this.#generations(before)) {
      if (current?.get(version) === generation) continue;
      for (const listener of this.#superseded) listener({ arn: before.arn, version, generation });
    }
  }

  #announceServing(before: FunctionEntry | undefined, after: FunctionEntry | undefined): void {
    if (after === undefined || this.#serving.length === 0) return;
    const generation = servedGeneration(after);
    if (generation === undefined || (before !== undefined && servedGeneration(before) === generation)) return;
    const { primary } = routeOf(after, undefined, this.#live);
    for (const listener of this.#serving) listener(primary);
  }

  #announceConcurrency(before: FunctionEntry | undefined, after: FunctionEntry | undefined): void {
    const arn = (after ?? before)?.arn;
    if (arn === undefined) return;
    const now = after?.document;
    for (const qualifier of Object.keys(before?.document.provisioned ?? {})) {
      if (own(now?.provisioned, qualifier) === undefined) this.#reports.drop(arn, qualifier);
    }
    // Where something is provisioned every change may concern it: aliases move, versions become Active.
    const changed =
      hasProvisioned(before) ||
      hasProvisioned(after) ||
      before?.document.reservedConcurrency !== now?.reservedConcurrency;
    if (!changed) return;
    for (const listener of this.#concurrencyChanged) listener(arn);
  }
}

/** Undefined while nothing can be invoked. */
function servedGeneration(entry: FunctionEntry): string | undefined {
  const shown = versionOf(entry, undefined);
  if (shown === undefined || "reference" in shown || !isActive(shown)) return undefined;
  return serving(entry).generation;
}

function hasProvisioned(entry: FunctionEntry | undefined): boolean {
  return Object.keys(entry?.document.provisioned ?? {}).length > 0;
}

function isActive(shown: NonNullable<ReturnType<typeof versionOf>>): boolean {
  return ("reference" in shown ? shown.reference.state : shown.record.state) === "Active";
}
