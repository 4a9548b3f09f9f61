import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Service, ServiceName } from "../wire/index.ts";

/** A service once it is open. */
export interface OpenService {
  readonly service: Service;
  close?(): void | Promise<void>;
}

export interface ServiceEntry {
  readonly name: ServiceName;
  /**
   * Services with a directory keep files there, `<data>/<directory>`, and are opened when they are first called; at
   * start already if the directory exists, because effects of an earlier run may wait in it.
   */
  readonly directory?: string;
  open(directory: string): OpenService | Promise<OpenService>;
}

/** Opens services when they are first needed, each once. */
export class ServiceRegistry {
  readonly #entries: ReadonlyMap<ServiceName, ServiceEntry>;
  readonly #dataDirectory: string;
  readonly #open = new Map<ServiceName, Promise<OpenService>>();

  constructor(dataDirectory: string, entries: readonly ServiceEntry[]) {
    this.#dataDirectory = dataDirectory;
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  find(name: ServiceName): Promise<OpenService> | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    let opening = this.#open.get(name);
    if (opening === undefined) {
      opening = this.#start(entry);
      this.#open.set(name, opening);
      // A service that could not be opened is tried again by the next request.
      opening.catch(() => this.#open.delete(name));
    }
    return opening;
  }

  /** Opens what earlier runs have left work in. */
  async resume(): Promise<void> {
    for (const { name, directory } of this.#entries.values()) {
      if (directory !== undefined && existsSync(path.join(this.#dataDirectory, directory)))
        await this.find(name);
    }
  }

  states(): Record<string, "running" | "available"> {
    return Object.fromEntries(
      [...this.#entries.keys()].map((name) => [name, this.#open.has(name) ? "running" : "available"]),
    );
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values());
    for (const result of open) {
      if (result.status === "fulfilled") await result.value.close?.();
    }
  }

  async #start(entry: ServiceEntry): Promise<OpenService> {
    const directory = path.join(this.#dataDirectory, entry.directory ?? "");
    if (entry.directory !== undefined) await mkdir(directory, { recursive: true, mode: 0o700 });
    return entry.open(directory);
  }
}
