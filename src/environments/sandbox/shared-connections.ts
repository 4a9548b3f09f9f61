import { environmentLimits, openFilesLimit } from "../../base/index.ts";

/** One sandbox, as far as its connections of one kind go. */
export interface ConnectionHolder {
  readonly connections: number;
  /** Ends the one that it opened last. */
  endOne(): void;
}

/**
 * What all sandboxes together may hold open, so that the server has descriptors for its clients and for starts, however
 * many functions are hostile. When all are taken, whoever has fewer than others gets one of whoever has most.
 */
export class SharedConnections {
  readonly #most: number;
  readonly #holders = new Set<ConnectionHolder>();
  #open = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether the holder may have one more, which it then has until it says that it left. */
  take(holder: ConnectionHolder): boolean {
    if (this.#open >= this.#most && !this.#makeRoom(holder)) return false;
    this.#open++;
    this.#holders.add(holder);
    return true;
  }

  /** The holder has one less. */
  left(holder: ConnectionHolder): void {
    this.#open--;
    if (holder.connections === 0) this.#holders.delete(holder);
  }

  #makeRoom(holder: ConnectionHolder): boolean {
    let largest: ConnectionHolder | undefined;
    for (const other of this.#holders)
      if (largest === undefined || other.connections > largest.connections) largest = other;
    if (largest === undefined || largest.connections <= holder.connections + 1) return false;
    largest.endOne();
    return true;
  }
}

/** Those of a server's sandboxes. */
export class SandboxConnections {
  readonly runtimeApi: SharedConnections;
  readonly endpoint: SharedConnections;

  constructor(descriptors = openFilesLimit()) {
    const { endpointConnectionsShare, runtimeConnectionsShare } = environmentLimits;
    this.runtimeApi = new SharedConnections(Math.floor(descriptors * runtimeConnectionsShare));
    this.endpoint = new SharedConnections(Math.floor(descriptors * endpointConnectionsShare));
  }
}
