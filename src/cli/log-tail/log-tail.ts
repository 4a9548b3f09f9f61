import { setTimeout as delay } from "node:timers/promises";
import { CommandFailure, type OptionValues } from "../command.ts";
import { eventsSince, type LogEvent } from "./log-events.ts";
import type { LogSelection } from "./selection.ts";

const POLL_MS = 300;
/** With more groups than this the polls are as many times further apart. */
const GROUPS_AT_FULL_PACE = 10;
/** How often functions that are new are looked for. */
const LOOK_MS = 2_000;
/** Lines may be stored a little later than their time says. */
const LATE_MS = 3_000;

export interface LogTailOptions {
  readonly connection: OptionValues;
  readonly selection: LogSelection;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly filter: string | undefined;
  readonly onEvent: (event: LogEvent) => void;
  /** The server does not answer, or does again. */
  readonly onConnection?: (reached: boolean) => void;
}

/** Log events of several groups, each once and in the order of their times as far as they are known together. */
export class LogTail {
  readonly #options: LogTailOptions;
  /** By group: the time from which to ask, and what was shown of that and later. */
  readonly #cursors = new Map<string, { from: number; seen: Map<string, number> }>();
  #groups: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LogTailOptions) {
    this.#options = options;
  }

  /** What is there now. */
  async once(): Promise<void> {
    const { connection, selection, filter, onEvent } = this.#options;
    if (performance.now() - this.#lookedAt > LOOK_MS) {
      this.#groups = await selection.groups(connection);
      this.#lookedAt = performance.now();
    }
    const fresh: LogEvent[] = [];
    for (const group of this.#groups) {
      const cursor = this.#cursors.get(group) ?? { from: this.#options.since, seen: new Map() };
      this.#cursors.set(group, cursor);
      let latest = cursor.from;
      for (const event of await eventsSince(connection, group, cursor.from, filter)) {
        latest = Math.max(latest, event.timestamp);
        if (cursor.seen.has(event.eventId)) continue;
        cursor.seen.set(event.eventId, event.timestamp);
        fresh.push(event);
      }
      cursor.from = Math.max(this.#options.since, latest - LATE_MS);
      for (const [id, timestamp] of cursor.seen) if (timestamp < cursor.from) cursor.seen.delete(id);
    }
    for (const event of fresh.sort((a, b) => a.timestamp - b.timestamp)) onEvent(event);
  }

  /** Goes on until `signal` aborts, also over restarts of the server. */
  async follow(signal?: AbortSignal): Promise<void> {
    let reached = true;
    const ended = () => signal?.aborted === true;
    while (!ended()) {
      try {
        await this.once();
        if (!reached) this.#options.onConnection?.(true);
        reached = true;
      } catch (error) {
        if (!(error instanceof CommandFailure) || !isOutage(error)) throw error;
        if (reached) this.#options.onConnection?.(false);
        reached = false;
      }
      const pace = Math.max(1, this.#groups.length / GROUPS_AT_FULL_PACE);
      await delay(POLL_MS * pace, undefined, { ...(signal === undefined ? {} : { signal }) }).catch(
        () => undefined,
      );
    }
  }
}

/** Nobody answers, or somebody who is about to end. */
function isOutage({ message }: CommandFailure): boolean {
  return message.startsWith("no server answers") || /ServiceUnavailable|HTTP 50[023]/.test(message);
}
