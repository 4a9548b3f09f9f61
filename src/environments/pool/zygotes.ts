import { type Log, poolLimits, type Randomness } from "../../base/index.ts";
import type { Runtime } from "../../runtimes/index.ts";
import type { ForkedSandbox, SandboxListeners, SandboxSpec, SandboxTier, Zygote } from "../sandbox/index.ts";
import { waitingVariables } from "../variables.ts";

interface Entry {
  /** Undefined where none came up; then interpreters are started. */
  readonly zygote: Promise<Zygote | undefined>;
  forks: number;
  /** Forks that are under way. */
  readonly ongoing: Set<Promise<unknown>>;
}

/**
 * A zygote per runtime, started when it is first needed and replaced after some forks: what an interpreter draws once,
 * its hash seed and the layout of its memory, is the same in all sandboxes of one zygote.
 */
export class Zygotes {
  readonly #tier: SandboxTier;
  readonly #randomness: Pick<Randomness, "uuid">;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  readonly #failed = new Set<string>();
  readonly #destroying = new Set<Promise<void>>();

  constructor(tier: SandboxTier, randomness: Pick<Randomness, "uuid">, log: Log) {
    this.#tier = tier;
    this.#randomness = randomness;
    this.#log = log;
  }

  /** Whether sandboxes of the runtime are forked, as far as is known. */
  serves(runtime: Runtime): boolean {
    return runtime.forks && this.#tier.zygote !== undefined && !this.#failed.has(nameOf(runtime));
  }

  /** A sandbox whose interpreter can go on; undefined if there is no zygote to fork it from. */
  async fork(
    runtime: Runtime,
    spec: SandboxSpec,
    listeners: SandboxListeners,
  ): Promise<ForkedSandbox | undefined> {
    if (!this.serves(runtime)) return undefined;
    let entry = this.#entries.get(nameOf(runtime));
    if (entry === undefined || entry.forks >= poolLimits.forksOfZygote) {
      this.#retire(nameOf(runtime));
      entry = { zygote: this.#start(runtime), forks: 0, ongoing: new Set() };
      this.#entries.set(nameOf(runtime), entry);
    }
    const { ongoing, zygote } = entry;
    entry.forks += 1;
    const forked = zygote.then((started) => started?.create(spec, listeners));
    ongoing.add(forked);
    try {
      return await forked;
    } catch (error) {
      // Its next fork would fail as well, and another zygote may not.
      if (this.#entries.get(nameOf(runtime)) === entry) this.#retire(nameOf(runtime));
      throw error;
    } finally {
      ongoing.delete(forked);
    }
  }

  async #start(runtime: Runtime): Promise<Zygote | undefined> {
    try {
      const memoryMiB = poolLimits.zygoteMiB;
      await runtime.prepare?.();
      return await this.#tier.zygote?.({
        id: this.#randomness.uuid(),
        memoryMiB,
        mounts: runtime.mounts,
        command: runtime.command({ memoryMiB, variables: {}, bootstrap: "" }),
        environment: { ...waitingVariables(runtime), _LAMBKIN_ZYGOTE: "1" },
      });
    } catch (error) {
      this.#failed.add(nameOf(runtime));
      this.#log.warn("sandboxes are not forked but started", { runtime: runtime.identifier, error });
      return undefined;
    }
  }

  /** Lets go those of runtimes that nothing waits for. */
  keep(runtimes: readonly Runtime[]): void {
    const kept = new Set(runtimes.map(nameOf));
    for (const name of this.#entries.keys()) if (!kept.has(name)) this.#retire(name);
  }

  #retire(name: string): void {
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    if (entry === undefined) return;
    const destroyed = Promise.allSettled(entry.ongoing)
      .then(() => entry.zygote)
      .then((zygote) => zygote?.destroy());
    this.#destroying.add(destroyed);
    void destroyed.finally(() => this.#destroying.delete(destroyed));
  }

  async close(): Promise<void> {
    this.keep([]);
    await Promise.all(this.#destroying);
  }
}

/** Another version may come while the server runs. */
function nameOf({ identifier, interpreter, mounts }: Runtime): string {
  const place = mounts.find(({ target }) => target === "/var/runtime")?.source;
  return `${identifier} ${interpreter?.version ?? ""} ${place ?? ""}`;
}
