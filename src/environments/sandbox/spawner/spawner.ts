import { invariant, toError } from "../../../base/index.ts";
import type { SandboxTierOptions } from "../tier-options.ts";
import { SpawnerChannel, type SpawnerEvent } from "./channel.ts";
import type { SpawnerFacts } from "./report.ts";
import { closedUplink, findSlirp, openedUplink, Resolvers, type UplinkState } from "./uplink.ts";

export interface SpawnerOptions extends Pick<SandboxTierOptions, "clock" | "log"> {
  /** Whether there is to be a way out to the network. */
  readonly egress: boolean;
  readonly program: string;
  /** For its own use. */
  readonly stateDirectory: string;
  readonly onEvent: (event: SpawnerEvent) => void;
  /** It ended, and every sandbox with it. */
  readonly onLost: (reason: Error) => void;
}

/** A spawner that lived shorter than this is not restarted before it is needed. */
const SHORT_LIFE_MS = 1_000;

/** The process of the spawner: started when it is first needed, and again after it ended. */
export class Spawner {
  readonly #options: SpawnerOptions;
  #channel: Promise<SpawnerChannel> | undefined;
  #facts: SpawnerFacts | undefined;
  #uplink = closedUplink("off");
  #resolvers: Resolvers | undefined;
  #closed = false;

  constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** What it said of this machine when it was started last. */
  get facts(): SpawnerFacts | undefined {
    return this.#facts;
  }

  get uplink(): UplinkState {
    return this.#uplink;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The `resolv.conf` of sandboxes; empty where there is no way out. */
  async resolvers(): Promise<string> {
    return this.#uplink.open ? ((await this.#resolvers?.configuration()) ?? "") : "";
  }

  open(): Promise<SpawnerChannel> {
    invariant(!this.#closed, "the sandbox tier is open");
    this.#channel ??= this.#launch();
    return this.#channel;
  }

  async #launch(): Promise<SpawnerChannel> {
    const { program, stateDirectory, clock, log, onEvent } = this.#options;
    const startedMs = clock.monotonicMs();
    const channel = new SpawnerChannel({
      program,
      stateDirectory,
      clock,
      log,
      onEvent,
      onEnd: (reason) => this.#onEnd(reason, clock.monotonicMs() - startedMs),
    });
    const { values } = await channel.request("hello", "").reply;
    this.#facts = values as unknown as SpawnerFacts;
    this.#uplink = await this.#openUplink(channel, this.#facts.privileged);
    return channel;
  }

  async #openUplink(channel: SpawnerChannel, privileged: boolean): Promise<UplinkState> {
    if (!this.#options.egress) return closedUplink("off");
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

  /** The spawner took its sandboxes along. A new one removes their remains. */
  #onEnd(reason: Error, lifeMs: number): void {
    this.#channel = undefined;
    this.#options.onLost(reason);
    if (this.#closed) return;
    this.#options.log.error("the spawner ended and with it every sandbox", { reason: reason.message });
    if (lifeMs < SHORT_LIFE_MS) return;
    this.open().catch((error: unknown) =>
      this.#options.log.error("the spawner does not start again", { reason: toError(error).message }),
    );
  }

  /** It is not started again. */
  async close(): Promise<void> {
    this.#closed = true;
    const channel = await this.#channel?.catch(() => undefined);
    await channel?.close();
  }
}
