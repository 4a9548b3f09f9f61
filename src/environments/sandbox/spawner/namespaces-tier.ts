import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { environmentLimits, invariant, toError } from "../../../base/index.ts";
import type { IsolationTier } from "../../interfaces.ts";
import type {
  Sandbox,
  SandboxListeners,
  SandboxSpec,
  SandboxTier,
  TierReport,
  Zygote,
  ZygoteSpec,
} from "../interfaces.ts";
import { Loopback } from "../loopback.ts";
import { SandboxConnections } from "../shared-connections.ts";
import type { SandboxTierOptions } from "../tier-options.ts";
import { type SpawnerChannel, SpawnerError, type SpawnerReply, serverFrom } from "./channel.ts";
import { compileSpawner, compileZygoteLibrary } from "./compile.ts";
import { NamespaceSandbox } from "./namespace-sandbox.ts";
import { type InnerWall, type PlainSpawn, spawnFields } from "./plain-spawn.ts";
import { probeTier } from "./probe.ts";
import { namespacesReport } from "./report.ts";
import { type RootEntry, rootFields, systemTree } from "./root-tree.ts";
import { Spawner } from "./spawner.ts";
import { TmpTemplates } from "./tmp-template.ts";

export interface NamespacesTierOptions
  extends Pick<
    SandboxTierOptions,
    "cacheDirectory" | "stateDirectory" | "endpointPort" | "egress" | "clock" | "log"
  > {
  /** What stands between the sandbox and the functions in it. */
  readonly inner?: InnerWall;
}

/** The port of the Runtime API inside, as on AWS. */
const RUNTIME_API_PORT = 9001;

/** Where a zygote finds the library that makes it one. */
const ZYGOTE_LIBRARY = "/zygote";

/** Over which a sandbox that is forked from a zygote mounts its own root at first. */
const ROOT_OF_FORKS: RootEntry = ["d", "/sys"];

/**
 * Sandboxes get uids from here on; far from any user's, from subordinate ranges and from the process tier's.
 * The kernel counts some things by uid, so servers beside one another keep to parts of their own; two share one
 * only if their pids differ by a multiple of PARTS. Every sandbox has two, and all lie below 2^31.
 */
const FIRST_USER = 1_900_100_000;
const USERS = 60_000;
const PARTS = 2_000;
const FIRST_OF_PART = FIRST_USER + (process.pid % PARTS) * 2 * USERS;
let users = 0;

const BYTES_PER_MIB = 1024 * 1024;

/** Opens the tier of namespaces and proves it by a sandbox; rejects with the reason where it does not work. */
export async function openNamespacesTier(options: NamespacesTierOptions): Promise<SandboxTier> {
  if (process.platform !== "linux") throw new Error("namespaces need Linux");
  const program = await compileSpawner(options.cacheDirectory);
  const state = join(options.stateDirectory, options.inner?.tier ?? "namespaces");
  await rm(state, { recursive: true, force: true });
  await mkdir(state, { recursive: true, mode: 0o700 });
  const tier = new NamespacesTier(options, program, state, await systemTree());
  try {
    await tier.prove();
    return tier;
  } catch (error) {
    await tier.close();
    throw error;
  }
}

class NamespacesTier implements SandboxTier {
  readonly name: IsolationTier;
  readonly #options: NamespacesTierOptions;
  readonly #program: string;
  readonly #state: string;
  readonly #system: readonly RootEntry[];
  readonly #templates: TmpTemplates;
  readonly #sandboxes = new Map<string, NamespaceSandbox>();
  readonly #connections = new SandboxConnections();
  readonly #spawner: Spawner;
  #tmpInMemory = false;
  #library: Promise<string> | undefined;
  /** Being made; none begins once the tier is closing. */
  readonly #creating = new Set<Promise<unknown>>();
  #closing = false;

  constructor(options: NamespacesTierOptions, program: string, state: string, system: readonly RootEntry[]) {
    this.#options = options;
    this.name = options.inner?.tier ?? "namespaces";
    this.#program = program;
    this.#state = state;
    this.#system = system;
    this.#templates = new TmpTemplates(options.cacheDirectory);
    const { clock, log } = options;
    this.#spawner = new Spawner({
      program,
      stateDirectory: state,
      egress: options.egress !== false,
      clock,
      log,
      onEvent: (event) => {
        this.#sandboxes.get(event.sandbox)?.onEvent(event);
      },
      onLost: (reason) => {
        // They stay listed until they are destroyed, because they still have listeners.
        for (const sandbox of this.#sandboxes.values()) sandbox.onLost(reason);
      },
    });
  }

  get report(): TierReport {
    const { facts, uplink } = this.#spawner;
    invariant(facts !== undefined, "the tier was proved");
    const report = namespacesReport(facts, this.#tmpInMemory, uplink);
    return this.#options.inner?.report(report) ?? report;
  }

  /** One sandbox with a process in it, through every operation. */
  async prove(): Promise<void> {
    await this.#spawner.open();
    if (this.#options.inner === undefined && this.#spawner.facts?.privileged === true) {
      this.#zygoteLibrary().catch(ignore);
    }
    await probeTier(this, this.#options.stateDirectory);
  }

  create(spec: SandboxSpec, listeners: SandboxListeners): Promise<Sandbox> {
    return this.#counted(() => this.#create(spec, listeners));
  }

  zygote(spec: ZygoteSpec): Promise<Zygote> {
    return this.#counted(() => this.#zygote(spec));
  }

  async cpuMs(): Promise<number | undefined> {
    const { values } = await (await this.#spawner.open()).request("usage", "").reply;
    const us = Number(values["us"]);
    return us < 0 ? undefined : us / 1_000;
  }

  /** Compiled once, ahead of the first that needs it. */
  #zygoteLibrary(): Promise<string> {
    this.#library ??= compileZygoteLibrary(this.#options.cacheDirectory);
    return this.#library;
  }

  #counted<Made>(make: () => Promise<Made>): Promise<Made> {
    if (this.#closing) return Promise.reject(new Error("the sandbox tier is closing"));
    const creating = make();
    const ended = creating.then(ignore, ignore);
    this.#creating.add(ended);
    void ended.then(() => this.#creating.delete(ended));
    return creating;
  }

  async #zygote(spec: ZygoteSpec): Promise<Zygote> {
    if (this.#options.inner !== undefined) throw new Error(`${this.name} has no zygotes`);
    const library = await this.#zygoteLibrary();
    const channel = await this.#spawner.open();
    const variables = {
      ...spec.environment,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${this.#ports().runtimeApi}`,
      LD_PRELOAD: ZYGOTE_LIBRARY,
    };
    const entries = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const mounts = [...spec.mounts, { source: library, target: ZYGOTE_LIBRARY }];
    try {
      await channel.request("zygote", spec.id, [
        this.#nextUser(),
        spec.memoryMiB * BYTES_PER_MIB,
        environmentLimits.processes + 1,
        spec.command.length,
        ...spec.command,
        entries.length,
        ...entries,
        ...rootFields([...this.#system, ROOT_OF_FORKS], mounts),
      ]).reply;
    } catch (error) {
      await channel.request("destroy", spec.id).reply.catch(ignore);
      throw error;
    }
    return {
      create: (of, listeners) =>
        this.#counted(() => this.#create(of, listeners, { id: spec.id, on: channel })),
      destroy: async () => {
        await channel.request("destroy", spec.id).reply.catch(ignore);
      },
    };
  }

  /** `from` is a zygote, on the spawner that has it. */
  async #create(
    spec: SandboxSpec,
    listeners: SandboxListeners,
    from?: { readonly id: string; readonly on: SpawnerChannel },
  ): Promise<NamespaceSandbox> {
    const channel = from?.on ?? (await this.#spawner.open());
    const template = await this.#template(spec.ephemeralStorageMiB);
    const { handles } = await this.#spawn(channel, spec, template, from?.id);
    const runtimeApi = handles.get("runtimeApi");
    const endpoint = handles.get("endpoint");
    invariant(runtimeApi !== undefined && endpoint !== undefined, "a sandbox comes with its listeners");
    const sandbox: NamespaceSandbox = new NamespaceSandbox({
      spec,
      tier: this.name,
      channel,
      runtimeApi: new Loopback(
        serverFrom(runtimeApi),
        { most: environmentLimits.runtimeConnections, shared: this.#connections.runtimeApi },
        (socket) => listeners.onRuntimeApi(socket),
      ),
      endpoint: new Loopback(
        serverFrom(endpoint),
        { most: environmentLimits.endpointConnections, shared: this.#connections.endpoint },
        (socket) => listeners.onEndpoint(socket),
      ),
      quickFreezer: this.#options.inner === undefined ? (this.#spawner.facts?.quickFreezer ?? "") : "",
      onDestroyed: () => {
        if (this.#sandboxes.get(spec.id) === sandbox) this.#sandboxes.delete(spec.id);
      },
      cleared: async () => {
        if (!this.#spawner.closed) await this.#spawner.open().catch(() => undefined);
      },
    });
    this.#sandboxes.set(spec.id, sandbox);
    return sandbox;
  }

  /** Empty where `/tmp` has to be a tmpfs. */
  async #template(sizeMiB: number): Promise<string> {
    if (this.#tmpInMemory || this.#spawner.facts?.privileged !== true) return "";
    try {
      return await this.#templates.path(sizeMiB);
    } catch (error) {
      this.#keepTmpInMemory(toError(error));
      return "";
    }
  }

  async #spawn(
    channel: SpawnerChannel,
    spec: SandboxSpec,
    template: string,
    zygote?: string,
  ): Promise<SpawnerReply> {
    const ports = this.#ports();
    const user = this.#nextUser();
    const resolvers = await this.#spawner.resolvers();
    const plain: PlainSpawn = {
      user,
      furtherUser: user + USERS,
      memoryBytes: spec.memoryMiB * BYTES_PER_MIB,
      // And its init.
      processes: environmentLimits.processes + 1,
      tmpTemplate: template,
      tmpBytes: spec.ephemeralStorageMiB * BYTES_PER_MIB,
      runtimePort: ports.runtimeApi,
      endpointPort: ports.endpoint,
      uplink: this.#spawner.uplink.open ? 1 : 0,
      spare: spec.spare === true ? 1 : 0,
      tree: rootFields(this.#system, spec.mounts, resolvers),
      program: this.#program,
    };
    const { operation, fields } = this.#spawnRequest(plain, zygote);
    try {
      return await channel.request(operation, spec.id, fields, 2).reply;
    } catch (error) {
      // A name that is taken belongs to a sandbox that lives.
      if (!(error instanceof SpawnerError) || error.step === "naming and limiting the sandbox") throw error;
      await channel.request("destroy", spec.id).reply;
      if (template === "" || error.step !== "preparing /tmp") throw error;
      this.#keepTmpInMemory(error);
      return this.#spawn(channel, spec, "", zygote);
    }
  }

  /** A uid that nothing else has had lately. */
  #nextUser(): number {
    users = (users + 1) % USERS;
    return FIRST_OF_PART + users;
  }

  /** Inside a sandbox. */
  #ports(): { readonly runtimeApi: number; readonly endpoint: number } {
    const { endpointPort: port } = this.#options;
    const endpoint = typeof port === "number" ? port : port();
    return { endpoint, runtimeApi: endpoint === RUNTIME_API_PORT ? RUNTIME_API_PORT + 1 : RUNTIME_API_PORT };
  }

  #spawnRequest(plain: PlainSpawn, zygote: string | undefined) {
    const fields = spawnFields(plain);
    if (zygote !== undefined) return { operation: "fork", fields: [zygote, ...fields] };
    return this.#options.inner?.spawnRequest(plain) ?? { operation: "spawn", fields };
  }

  #keepTmpInMemory(reason: Error): void {
    this.#tmpInMemory = true;
    this.#options.log.warn("/tmp of functions is kept in memory", { reason: reason.message });
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    // One that came up after the others were destroyed would leave its listeners open.
    await Promise.all(this.#creating);
    await Promise.all([...this.#sandboxes.values()].map((sandbox) => sandbox.destroy()));
    await this.#spawner.close();
    await this.#library?.catch(ignore);
    await rm(this.#state, { recursive: true, force: true });
  }
}

function ignore(): void {
  // Whoever needs what failed sees it.
}
