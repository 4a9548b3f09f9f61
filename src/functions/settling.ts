import {
  type Clock,
  functionLimits,
  type Log,
  type Randomness,
  ServiceError,
  sleep,
  toError,
} from "../base/index.ts";
import type { Deployment, FunctionDocument, Reason, VersionReference } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";
import type { LiveCode } from "./live/live-code.ts";
import { BadPackage } from "./package/bad-package.ts";
import type { PackageStore } from "./package/package-store.ts";
import type { Draft, FunctionRepository } from "./repository.ts";

/** What became of a function's code: ready to run, or not. */
type Outcome = "ready" | Reason;

/**
 * Takes functions from Pending to Active and updates from InProgress to Successful, in the background; also those that
 * a crash left half way. Once done, nothing but a new update changes the state again.
 */
export class Settling {
  readonly #repository: FunctionRepository;
  readonly #packages: PackageStore;
  readonly #live: LiveCode;
  readonly #clock: Clock;
  readonly #randomness: Randomness;
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: {
    readonly repository: FunctionRepository;
    readonly packages: PackageStore;
    readonly live: LiveCode;
    readonly clock: Clock;
    readonly randomness: Randomness;
    readonly log: Log;
  }) {
    this.#repository = options.repository;
    this.#packages = options.packages;
    this.#live = options.live;
    this.#clock = options.clock;
    this.#randomness = options.randomness;
    this.#log = options.log;
  }

  /** Returns at once. Does nothing for a function that is settled. */
  start(entry: FunctionEntry): void {
    if (!isUnsettled(entry.document)) return;
    const running = this.#settle(entry);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  /** Never rejects: what fails is tried again, later and later, until it succeeds or the server ends. */
  async #settle(entry: FunctionEntry): Promise<void> {
    let delayMs: number = functionLimits.settleRetryFirstMs;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#attempt(entry);
        return;
      } catch (error) {
        // The function is gone.
        if (error instanceof ServiceError && error.code === "ResourceNotFoundException") return;
        this.#log.warn("a function's state could not be brought forward", {
          function: entry.arn,
          error: toError(error),
        });
      }
      await sleep(this.#clock, delayMs, this.#closing.signal);
      delayMs = Math.min(delayMs * 2, functionLimits.settleRetryMostMs);
    }
  }

  async #attempt(entry: FunctionEntry): Promise<void> {
    const { latest, incarnation } = entry.document;
    const outcome = await this.#prepare(latest);
    await this.#repository.update(entry, entry.name, ({ document }) => {
      const same = document.incarnation === incarnation && document.latest.generation === latest.generation;
      return same && isUnsettled(document) ? settled(document, outcome, this.#randomness) : undefined;
    });
  }

  async #prepare({ code, settings }: Deployment): Promise<Outcome> {
    try {
      if (code.liveDirectory === undefined) await this.#packages.directoryOf(code.sha256);
      else await this.#live.codeOf(code.liveDirectory, settings);
      await this.#packages.layersDirectoryOf((settings.layers ?? []).map(({ sha256 }) => sha256));
      return "ready";
    } catch (error) {
      if (error instanceof BadPackage) {
        return { text: "The deployment package cannot be unpacked.", code: "InvalidZipFileException" };
      }
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        return { text: "The deployment package or a layer is gone.", code: "InternalError" };
      }
      throw error;
    }
  }
}

function isUnsettled({ latest, versions }: FunctionDocument): boolean {
  return (
    latest.state === "Pending" ||
    latest.update === "InProgress" ||
    Object.values(versions).some(({ state }) => state === "Pending")
  );
}

function settled(document: FunctionDocument, outcome: Outcome, randomness: Randomness): Draft {
  const { stateReason: _state, updateReason: _update, ...latest } = document.latest;
  const { serving: _replaced, ...rest } = document;
  const revisionId = randomness.uuid();
  const versions = Object.fromEntries(
    Object.entries(document.versions).map(([version, reference]) => [
      version,
      reference.state === "Pending" ? settledVersion(reference, outcome) : reference,
    ]),
  );
  // Only versions were left, and $LATEST is as it was.
  if (document.latest.state !== "Pending" && document.latest.update !== "InProgress") {
    return { document: { ...document, versions } };
  }
  if (outcome === "ready") {
    return {
      document: {
        ...rest,
        versions,
        latest: { ...latest, revisionId, state: "Active", update: "Successful" },
      },
    };
  }
  return {
    document:
      latest.state === "Pending"
        ? { ...rest, versions, latest: { ...latest, revisionId, state: "Failed", stateReason: outcome } }
        : {
            ...document,
            versions,
            latest: { ...latest, revisionId, update: "Failed", updateReason: outcome },
          },
  };
}

function settledVersion(reference: VersionReference, outcome: Outcome): VersionReference {
  return outcome === "ready"
    ? { record: reference.record, state: "Active" }
    : { record: reference.record, state: "Failed", stateReason: outcome };
}
