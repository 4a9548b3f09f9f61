import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, environmentLimits, invariant, type Log, toError } from "../../../base/index.ts";
import type { Sandbox, SandboxListeners, SandboxSpec, SandboxTier, TierReport } from "../interfaces.ts";
import { Loopback } from "../loopback.ts";
import { SpawnerChannel, SpawnerError, type SpawnerEvent, type SpawnerReply, serverFrom } from "./channel.ts";
import { compileSpawner } from "./compile.ts";
import { NamespaceSandbox } from "./namespace-sandbox.ts";
import { probeTier } from "./probe.ts";
import { namespacesReport, type SpawnerFacts } from "./report.ts";
import { type RootEntry, rootFields, systemTree } from "./root-tree.ts";
import { TmpTemplates } from "./tmp-template.ts";
import { closedUplink, findSlirp, openedUplink, Resolvers, type UplinkState } from "./uplink.ts";

export interface NamespacesTierOptions {
  readonly cacheDirectory: string;
  readonly stateDirectory: string;
  readonly endpointPort: number | (() => number);
  /** Let functions reach the network; on unless said otherwise, as on AWS. */
  readonly egress?: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** The port of the Runtime API inside, as on AWS. */
const RUNTIME_API_PORT = 9001;

/** Sandboxes get uids from here on; far from any user's, from subordinate ranges and from the process tier's. */
const FIRST_USER = 1_900_100_000;
const USERS = 60_000;

/** A spawner that lived shorter than this is not restarted before it is needed. */
const SHORT_LIFE_MS = 1_000;

const BYTES_PER_MIB = 1024 * 1024;

/** Opens the tier of namespaces and proves it by a sandbox; rejects with the reason where it does not work. */
export async function openNamespacesTier(options: NamespacesTierOptions): Promise<SandboxTier> {
  if (process.platform !== "linux") throw new Error("namespaces need Linux");
  const program = await compileSpawner(options.cacheDirectory);
  const state = join(options.stateDirectory, "namespaces");
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
  readonly name = "namespaces";
  readonly #options: NamespacesTierOptions;
  readonly #program: string;
  readonly #state: string;
  readonly #system: readonly RootEntry[];
  readonly #templates: TmpTemplates;
  readonly #sandboxes = new Map<string, NamespaceSandbox>();
  #channel: Promise<SpawnerChannel> | undefined;
  #facts: SpawnerFacts | undefined;
  #uplink = closedUplink("off");
  #resolvers: Resolvers | undefined;
  #tmpInMemory = false;
  /** Being made; none begins once the tier is closing. */
  readonly #creating = new Set<Promise<unknown>>();
  #closing = false;
  #closed = false;
  #users = (process.pid * 97) % USERS;

  constructor(options: NamespacesTierOptions, program: string, state: string, system: readonly RootEntry[]) {
    this.#options = options;
    this.#program = program;
    this.#state = state;
    this.#system = system;
    this.#templates = new TmpTemplates(options.cacheDirectory);
  }

  get report(): TierReport {
    invariant(this.#facts !== undefined, "the tier was proved");
    return namespacesReport(this.#facts, this.#tmpInMemory, this.#uplink);
  }

  /** One sandbox with a process in it, through every operation. */
  async prove(): Promise<void> {
    await this.#open();
    await probeTier(this, this.#options.stateDirectory);
  }

  create(spec: SandboxSpec, listeners: SandboxListeners): Promise<Sandbox> {
    if (this.#closing) return Promise.reject(new Error("the sandbox tier is closing"));
    const creating = this.#create(spec, listeners);
    const ended = creating.then(ignore, ignore);
    this.#creating.add(ended);
    void ended.then(() => this.#creating.delete(ended));
    return creating;
  }

  async #create(spec: SandboxSpec, listeners: SandboxListeners): Promise<Sandbox> {
    const channel = await this.#open();
    const template = await this.#template(spec.ephemeralStorageMiB);
    const uplink = this.#uplink.open && spec.egress !== false;
    const { handles } = await this.#spawn(channel, spec, template, uplink);
    const runtimeApi = handles.get("runtimeApi");
    const endpoint = handles.get("endpoint");
    invariant(runtimeApi !== undefined && endpoint !== undefined, "a sandbox comes with its listeners");
    const sandbox: NamespaceSandbox = new NamespaceSandbox({
      spec,
      channel,
      uplink,
      runtimeApi: new Loopback(serverFrom(runtimeApi), (socket) => listeners.onRuntimeApi(socket)),
      endpoint: new Loopback(serverFrom(endpoint), (socket) => listeners.onEndpoint(socket)),
      onDestroyed: () => {
        if (this.#sandboxes.get(spec.id) === sandbox) this.#sandboxes.delete(spec.id);
      },
      cleared: async () => {
        if (!this.#closed) await this.#open().catch(() => undefined);
      },
    });
    this.#sandboxes.set(spec.id, sandbox);
    return sandbox;
  }

  /** Empty where `/tmp` has to be a tmpfs. */
  async #template(sizeMiB: number): Promise<string> {
    if (this.#tmpInMemory || this.#facts?.privileged !== true) return "";
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
    uplink: boolean,
  ): Promise<SpawnerReply> {
    this.#users = (this.#users + 1) % USERS;
    const { endpointPort: port } = this.#options;
    const endpointPort = typeof port === "number" ? port : port();
    const fields = [
      FIRST_USER + this.#users,
      spec.memoryMiB * BYTES_PER_MIB,
      // And its init.
      environmentLimits.processes + 1,
      template,
      spec.ephemeralStorageMiB * BYTES_PER_MIB,
      endpointPort === RUNTIME_API_PORT ? RUNTIME_API_PORT + 1 : RUNTIME_API_PORT,
      endpointPort,
      uplink ? 1 : 0,
      ...rootFields(
        this.#system,
        spec.mounts,
        uplink ? ((await this.#resolvers?.configuration()) ?? "") : "",
      ),
    ];
    try {
      return await channel.request("spawn", spec.id, fields, 2).reply;
    } catch (error) {
      // A name that is taken belongs to a sandbox that lives.
      if (!(error instanceof SpawnerError) || error.step === "naming and limiting the sandbox") throw error;
      await channel.request("destroy", spec.id).reply;
      if (template === "" || error.step !== "preparing /tmp") throw error;
      this.#keepTmpInMemory(error);
      return this.#spawn(channel, spec, "", uplink);
    }
  }

  #keepTmpInMemory(reason: Error): void {
    this.#tmpInMemory = true;
    this.#options.log.warn("/tmp of functions is kept in memory", { reason: reason.message });
  }

  #open(): Promise<SpawnerChannel> {
    invariant(!this.#closed, "the sandbox tier is open");
    this.#channel ??= this.#launch();
    return this.#channel;
  }

  async #launch(): Promise<SpawnerChannel> {
    const { clock, log } = this.#options;
    const startedMs = clock.monotonicMs();
    const channel = new SpawnerChannel({
      program: this.#program,
      stateDirectory: this.#state,
      clock,
      log,
      onEvent: (event) => this.#deliver(event),
      onEnd: (reason) => this.#onEnd(reason, clock.monotonicMs() - startedMs),
    });
    const { values } = await channel.request("hello", "").reply;
    this.#facts = values as unknown as SpawnerFacts;
    this.#uplink = await this.#openUplink(channel, this.#facts.privileged);
    return channel;
  }

  async #openUplink(channel: SpawnerChannel, privileged: boolean): Promise<UplinkState> {
    if (this.#options.egress === false) return closedUplink("off");
    const slirp = privileged ? "" : await findSlirp();
    if (slirp === undefined) return closedUplink("no-slirp");
    try {
      await channel.request("uplink", "", [slirp]).reply;
      this.#resolvers = new Resolvers(this.#options.clock, privileged);
      return openedUplink(privileged);
    } catch (error) {
      const state = closedUplink(toError(error));
      this.#options.log.warn("functions reach no network", { reason: state.detail });
      return state;
    }
  }

  #deliver(event: SpawnerEvent): void {
    this.#sandboxes.get(event.sandbox)?.onEvent(event);
  }

  /** The spawner took its sandboxes along. A new one removes their remains. */
  #onEnd(reason: Error, lifeMs: number): void {
    this.#channel = undefined;
    // They stay listed until they are destroyed, because they still have listeners.
    for (const sandbox of this.#sandboxes.values()) sandbox.onLost(reason);
    if (this.#closed) return;
    this.#options.log.error("the spawner ended and with it every sandbox", { reason: reason.message });
    if (lifeMs < SHORT_LIFE_MS) return;
    this.#open().catch((error: unknown) =>
      this.#options.log.error("the spawner does not start again", { reason: toError(error).message }),
    );
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    // One that came up after the others were destroyed would leave its listeners open.
    await Promise.all(this.#creating);
    await Promise.all([...this.#sandboxes.values()].map((sandbox) => sandbox.destroy()));
    this.#closed = true;
    const channel = await this.#channel?.catch(() => undefined);
    await channel?.close();
    await rm(this.#state, { recursive: true, force: true });
  }
}

function ignore(): void {
  // Whoever creates the sandbox sees it.
}
