import type {
  Clock,
  EventSources,
  LiveDirectories,
  Log,
  ObjectReader,
  Randomness,
  RoleDirectory,
} from "../base/index.ts";
import type { BlobStore, StateStore } from "../storage/index.ts";
import { bindOperations, type Service } from "../wire/index.ts";
import { CapacityProviders } from "./capacity-providers/capacity-providers.ts";
import { RepositoryCatalog } from "./catalog.ts";
import { CodeSigning } from "./code-signing/code-signing.ts";
import { ProvisionedReports } from "./concurrency/provisioned-reports.ts";
import { CommitmentTurns } from "./concurrency/turns.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { EventSourceMappings, FunctionCatalog } from "./interfaces.ts";
import type { LayerVersion } from "./layers/layer.ts";
import { LayerRepository } from "./layers/layer-repository.ts";
import { LiveCode } from "./live/live-code.ts";
import { Mappings } from "./mappings/mappings.ts";
import { OPERATIONS } from "./operations/index.ts";
import { PackageIntake } from "./package/intake.ts";
import { PackageReferences, packagesOf } from "./package/package-references.ts";
import { PackageStore } from "./package/package-store.ts";
import { FunctionRepository } from "./repository.ts";
import type { RuntimeAvailability } from "./settings/runtime.ts";
import { Settling } from "./settling.ts";

/** An address under which a plain GET fetches a package; `expiresAt` is epoch milliseconds, `endpoint` the caller's. */
export type CodeLocation = (code: {
  readonly account: string;
  readonly sha256: string;
  readonly expiresAt: number;
  readonly endpoint: string;
}) => string;

export interface FunctionsOptions {
  readonly state: StateStore;
  /** For deployment packages only: what no function uses is deleted from it. */
  readonly blobs: BlobStore;
  /** Where packages lie unpacked; this process alone writes there. */
  readonly unpackDirectory: string;
  readonly objects: ObjectReader;
  readonly roles: RoleDirectory;
  /** Whether a role has to exist; one that does has to trust Lambda in any case. */
  readonly requireRoles: boolean;
  /** What event source mappings can read from. */
  readonly eventSources: EventSources;
  readonly codeLocation: CodeLocation;
  /** What functions may run from as it is; absent where they may from nothing. */
  readonly liveDirectories?: LiveDirectories | undefined;
  /** Services, as ARNs name them, that this server can send records of asynchronous invocations to. */
  readonly destinationServices: ReadonlySet<string>;
  readonly runtimes: (identifier: string) => RuntimeAvailability;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

export interface Functions {
  readonly operations: Service["operations"];
  readonly catalog: FunctionCatalog;
  readonly mappings: EventSourceMappings;
  /** Waits for what goes on in the background; what is unfinished is finished by the next start. */
  close(): Promise<void>;
}

/** Loads all functions, then finishes what an earlier run left Pending or InProgress. */
export async function createFunctions(options: FunctionsOptions): Promise<Functions> {
  const { clock, randomness } = options;
  const log = options.log.with({ room: "functions" });
  const repository = new FunctionRepository(options.state, log);
  const references = new PackageReferences((name) => packages.abandon(name));
  const packages = new PackageStore({
    blobs: options.blobs,
    directory: options.unpackDirectory,
    clock,
    randomness,
    log,
    inUse: (name) => references.inUse(name),
  });
  repository.onChange((before, after) => references.change(packagesOf(before), packagesOf(after)));
  const provisionedReports = new ProvisionedReports();
  const live = new LiveCode(repository, options.liveDirectories);
  const catalog = new RepositoryCatalog({
    repository,
    packages,
    live,
    reports: provisionedReports,
    randomness,
  });
  const layers = new LayerRepository({
    state: options.state,
    log,
    onChange: (before, after) => references.change(packageOf(before), packageOf(after)),
  });
  const codeSigning = new CodeSigning({ state: options.state, clock, randomness, log });
  const settling = new Settling({ repository, packages, live, clock, randomness, log });
  const mappings = new Mappings({ state: options.state, sources: options.eventSources, clock, log });
  const capacityProviders = new CapacityProviders({ state: options.state, log });
  await repository.open();
  await layers.open();
  await codeSigning.collection.open();
  await packages.open();
  await mappings.open();
  await capacityProviders.open();
  for (const entry of repository.all()) settling.start(entry);

  const plane: ControlPlane = {
    repository,
    mappings,
    layers,
    capacityProviders,
    codeSigning,
    settling,
    intake: new PackageIntake(packages, live, options.objects, log),
    roles: options.roles,
    requireRoles: options.requireRoles,
    runtimes: options.runtimes,
    codeLocation: options.codeLocation,
    provisionedReports,
    commitments: new CommitmentTurns(),
    destinationServices: options.destinationServices,
    clock,
    randomness,
    log,
  };
  return {
    operations: bindOperations(plane, OPERATIONS),
    catalog,
    mappings,
    async close() {
      live.close();
      await mappings.close();
      await capacityProviders.close();
      await settling.close();
      await codeSigning.collection.close();
      await layers.close();
      await repository.close();
      await packages.close();
    },
  };
}

function packageOf(version: LayerVersion | undefined): ReadonlySet<string> {
  return new Set(version === undefined ? [] : [version.code.sha256]);
}
