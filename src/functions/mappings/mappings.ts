import type { EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import {
  type Clock,
  type EventSource,
  type EventSources,
  functionLimits,
  type Log,
  partitionOf,
  sleep,
  toError,
} from "../../base/index.ts";
import type { StateStore } from "../../storage/index.ts";
import { DocumentCollection, type Held } from "../collection.ts";
import type { Scope } from "../document.ts";
import type { EventSourceMappings, MappingReport } from "../interfaces.ts";
import type { MappingDocument } from "./document.ts";
import { traitsOf } from "./sources.ts";

export type MappingEntry = Held<MappingDocument>;

/** All event source mappings and what brings them from Creating to Enabled, Disabling to Disabled and so on. */
export class Mappings implements EventSourceMappings {
  readonly collection: DocumentCollection<MappingDocument>;
  readonly sources: EventSources;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: {
    readonly state: StateStore;
    readonly sources: EventSources;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    const { state, sources, clock, log } = options;
    this.collection = new DocumentCollection({ state, kind: "event-source-mapping", format: 1, log });
    this.sources = sources;
    this.#clock = clock;
    this.#log = log;
  }

  /** Loads all, and goes on with what an earlier run left half way. */
  async open(): Promise<void> {
    await this.collection.open();
    for (const entry of this.collection.all()) this.advance(entry);
  }

  /** Brings a mapping out of a state of transition, in the background; others are left alone. */
  advance(entry: MappingEntry): void {
    if (!isInTransition(entry.document)) return;
    const running = this.#advance(entry);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  all(): IterableIterator<MappingEntry> {
    return this.collection.all();
  }

  onChange(listener: Parameters<EventSourceMappings["onChange"]>[0]): void {
    this.collection.onChange(listener);
  }

  async report(scope: Scope, uuid: string, report: MappingReport): Promise<void> {
    await this.collection.update(scope, uuid, ({ document }) => ({ ...document, ...report }));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
    await this.collection.close();
  }

  /** Never rejects: what fails is tried again, later and later, until it succeeds or the server ends. */
  async #advance(entry: MappingEntry): Promise<void> {
    let delayMs: number = functionLimits.settleRetryFirstMs;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#attempt(entry);
        return;
      } catch (error) {
        this.#log.warn("an event source mapping's state could not be brought forward", {
          mapping: entry.document.uuid,
          error: toError(error),
        });
      }
      await sleep(this.#clock, delayMs, this.#closing.signal);
      delayMs = Math.min(delayMs * 2, functionLimits.settleRetryMostMs);
    }
  }

  async #attempt(entry: MappingEntry): Promise<void> {
    if (entry.document.state === "Deleting") {
      await this.collection.delete(entry, entry.id);
      return;
    }
    const found = await this.sources.check(sourceOf(entry));
    await this.collection.update(entry, entry.id, ({ document }) => {
      if (document.lastModified !== entry.document.lastModified || !isInTransition(document))
        return undefined;
      const { title, transitionReason } = traitsOf(document.kind);
      const unserved = found === "unserved" && document.enabled;
      if (unserved) {
        this.#log.warn("event source mapping without effect: nothing reads this kind of source", {
          mapping: document.uuid,
          source: title,
        });
      }
      return {
        ...document,
        state: document.enabled ? "Enabled" : "Disabled",
        stateTransitionReason: unserved
          ? `${transitionReason}; no records are read: this server has no poller for ${title}.`
          : transitionReason,
      };
    });
  }
}

export function isInTransition({ state }: MappingDocument): boolean {
  return state !== "Enabled" && state !== "Disabled";
}

export function sourceOf({ account, region, document }: MappingEntry): EventSource {
  const { EventSourceArn, SelfManagedEventSource } = document.settings;
  return {
    account,
    region,
    kind: document.kind,
    ...(EventSourceArn === undefined ? {} : { arn: EventSourceArn }),
    servers: SelfManagedEventSource?.Endpoints?.["KAFKA_BOOTSTRAP_SERVERS"] ?? [],
  };
}

/** A mapping as the API shows it. */
export function describeMapping({
  account,
  region,
  document,
}: MappingEntry): EventSourceMappingConfiguration {
  const { startingPositionTimestamp, lastProcessingResult } = document;
  return {
    ...document.settings,
    UUID: document.uuid,
    EventSourceMappingArn: mappingArn({ account, region }, document.uuid),
    FunctionArn: document.functionArn,
    LastModified: new Date(document.lastModified),
    State: document.state,
    StateTransitionReason: document.stateTransitionReason,
    ...(startingPositionTimestamp === undefined
      ? {}
      : { StartingPositionTimestamp: new Date(startingPositionTimestamp) }),
    ...(lastProcessingResult === undefined ? {} : { LastProcessingResult: lastProcessingResult }),
  };
}

function mappingArn({ account, region }: Scope, uuid: string): string {
  return `arn:${partitionOf(region)}:lambda:${region}:${account}:event-source-mapping:${uuid}`;
}
