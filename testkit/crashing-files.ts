import type { Randomness } from "../src/base/index.ts";
import type { AppendFile, LedgerFiles } from "../src/metering/ledger-files.ts";

/** Thrown by what a process does after it is dead. */
export class Dead extends Error {}

interface File {
  bytes: Buffer;
  /** What a power failure leaves at least. */
  syncedBytes: number;
  /** Whether its name outlives one. */
  named: boolean;
}

/** The files of a ledger in memory, for a process that dies in the middle of any of its operations. */
export class CrashingFiles {
  readonly #files = new Map<string, File>();
  readonly #random: Randomness;
  /** Operations until the process dies. */
  #left = Number.POSITIVE_INFINITY;
  #generation = 0;
  /** Set by the death of the present process. */
  died = false;

  constructor(random: Randomness) {
    this.#random = random;
  }

  names(): string[] {
    return [...this.#files.keys()].sort();
  }

  dieAfter(operations: number): void {
    this.#left = operations;
  }

  /** What a new process sees. After a power failure files are cut anywhere beyond what was synced. */
  restart({ powerFailure }: { readonly powerFailure: boolean }): LedgerFiles {
    if (powerFailure) {
      for (const [name, file] of this.#files) {
        if (!file.named && this.#random.uniform() < 0.5) this.#files.delete(name);
        const lost = Math.floor(this.#random.uniform() * (file.bytes.length - file.syncedBytes + 1));
        file.bytes = file.bytes.subarray(0, file.bytes.length - lost);
      }
    }
    for (const file of this.#files.values()) {
      file.named = true;
      file.syncedBytes = file.bytes.length;
    }
    this.#left = Number.POSITIVE_INFINITY;
    this.died = false;
    this.#generation += 1;
    return this.#of(this.#generation);
  }

  #of(generation: number): LedgerFiles {
    const alive = (): void => {
      if (generation !== this.#generation || this.died) throw new Dead();
      if (this.#left-- > 0) return;
      this.died = true;
      throw new Dead();
    };
    const find = (name: string): File => {
      const file = this.#files.get(name);
      if (file === undefined) throw Object.assign(new Error(`no ${name}`), { code: "ENOENT" });
      return file;
    };
    return {
      list: async () => (alive(), this.names()),
      append: (name) => {
        alive();
        let file = this.#files.get(name);
        if (file === undefined)
          this.#files.set(name, (file = { bytes: Buffer.alloc(0), syncedBytes: 0, named: false }));
        return this.#appendTo(file, alive);
      },
      size: async (name) => (alive(), find(name).bytes.length),
      read: async (name, start, end) => (alive(), Buffer.from(find(name).bytes.subarray(start, end))),
      text: async (name) => (alive(), this.#files.get(name)?.bytes.toString("utf8")),
      replace: async (name, text) => {
        alive();
        const bytes = Buffer.from(text);
        this.#files.set(name, { bytes, syncedBytes: bytes.length, named: true });
        // It may die after the new content is there and before it knows.
        alive();
      },
      truncate: async (name, size) => {
        alive();
        const file = find(name);
        file.bytes = file.bytes.subarray(0, size);
        file.syncedBytes = Math.min(file.syncedBytes, size);
      },
      remove: async (name) => {
        alive();
        this.#files.delete(name);
        alive();
      },
      syncNames: async () => {
        alive();
        for (const file of this.#files.values()) file.named = true;
      },
    };
  }

  #appendTo(file: File, alive: () => void): AppendFile {
    const write: AppendFile["write"] = (data, from) => {
      try {
        alive();
      } catch (dead) {
        // Any part of it may have reached the file.
        if (this.died) this.#extend(file, data.subarray(from, from + this.#upTo(data.length - from)));
        throw dead;
      }
      const some =
        this.#random.uniform() < 0.1 ? Math.max(1, this.#upTo(data.length - from)) : data.length - from;
      this.#extend(file, data.subarray(from, from + some));
      return some;
    };
    return {
      write,
      writeText: (text) => write(Buffer.from(text), 0),
      sync: async () => {
        alive();
        file.syncedBytes = file.bytes.length;
      },
      close: () => undefined,
    };
  }

  #extend(file: File, bytes: Uint8Array): void {
    file.bytes = Buffer.concat([file.bytes, bytes]);
  }

  #upTo(most: number): number {
    return Math.floor(this.#random.uniform() * (most + 1));
  }
}
