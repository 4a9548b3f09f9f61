import { invariant } from "../../base/index.ts";

/** Callers that wait for an answer, and events from the queue, which can wait longer. */
export type Lane = "sync" | "async";

/** After this many synchronous requests a waiting event gets its turn. */
const SYNC_IN_A_ROW = 3;

/** Requests that wait for an environment of one pool: first in, first out within a lane, callers ahead of events. */
export class WaitingQueue<Request extends { readonly lane: Lane }> {
  readonly #lanes: Readonly<Record<Lane, Set<Request>>> = { sync: new Set(), async: new Set() };
  /** Requests that an environment was lost under; they go first, whatever their lane. */
  readonly #returned = new Set<Request>();
  #syncInARow = 0;

  get size(): number {
    return this.#returned.size + this.#lanes.sync.size + this.#lanes.async.size;
  }

  /** Callers, and requests that an environment was lost under. */
  get urgent(): number {
    return this.#returned.size + this.#lanes.sync.size;
  }

  add(request: Request): void {
    this.#lanes[request.lane].add(request);
  }

  putBack(request: Request): void {
    this.#returned.add(request);
  }

  remove(request: Request): boolean {
    return this.#lanes[request.lane].delete(request) || this.#returned.delete(request);
  }

  take(): Request | undefined {
    const set = this.#next();
    const [request] = set;
    if (request !== undefined) set.delete(request);
    return request;
  }

  /** The request that `take` would give. */
  peek(): Request | undefined {
    const [request] = this.#turn();
    return request;
  }

  takeAll(): Request[] {
    const all: Request[] = [];
    for (let request = this.take(); request !== undefined; request = this.take()) all.push(request);
    invariant(this.size === 0, "requests are left in a queue that was emptied");
    return all;
  }

  #next(): Set<Request> {
    const set = this.#turn();
    if (set === this.#lanes.sync) this.#syncInARow += 1;
    else if (set === this.#lanes.async) this.#syncInARow = 0;
    return set;
  }

  #turn(): Set<Request> {
    const { sync, async } = this.#lanes;
    if (this.#returned.size > 0) return this.#returned;
    if (async.size > 0 && (sync.size === 0 || this.#syncInARow >= SYNC_IN_A_ROW)) return async;
    return sync;
  }
}
