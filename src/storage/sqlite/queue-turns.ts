import { storageLimits } from "../../base/index.ts";
import type { StoreDatabase } from "../store.ts";

export interface StoredEvent {
  readonly seq: number;
  readonly id: string;
  readonly key: string;
  readonly event: string;
  readonly attempt: number;
  readonly enqueuedAt: number;
  readonly deadline: number;
}

export interface Ask {
  readonly partition: number;
  readonly now: number;
  /** Events at most, and how many of them may go to keys that hold `leastPerKey` already. */
  readonly limit: number;
  readonly open: number;
  readonly leastPerKey: number;
  readonly mostCharacters: number;
  /** In somebody's hands, by key. */
  readonly held: ReadonlyMap<string, ReadonlySet<number>>;
  /** The key whose turn was the last. */
  readonly after: string;
}

export interface Turns {
  readonly events: StoredEvent[];
  /** When there may be more to hand out, as far as the file knows. */
  readonly next: number | undefined;
  readonly after: string;
}

/** Seqs that are read of a key at a time. */
const READ_AHEAD = 64;
const NONE: ReadonlySet<number> = new Set();

/**
 * Due events by deficit round robin over their keys: each key in turn may take events of so many characters, and what
 * it does not use because its next event is larger it keeps for its next turn. Of one key the earliest come first. A
 * long queue of one key so never stands before another's. https://doi.org/10.1109/90.502236
 */
export function takeTurns(database: StoreDatabase, ask: Ask): Turns {
  const events: StoredEvent[] = [];
  let { open, after } = ask;
  let characters = 0;
  let round = [...dueKeys(database, ask)];
  while (round.length > 0) {
    const again: KeyTurn[] = [];
    for (const turn of round) {
      turn.deficit += storageLimits.turnCharacters;
      for (let event = turn.head(); event !== undefined; event = turn.head()) {
        const beyondShare = turn.holds >= ask.leastPerKey;
        if (beyondShare && open <= 0) break;
        if (events.length === ask.limit || characters >= ask.mostCharacters) {
          return { events, next: ask.now, after };
        }
        if (event.event.length > turn.deficit) {
          again.push(turn);
          break;
        }
        turn.take();
        turn.deficit -= event.event.length;
        events.push(event);
        characters += event.event.length;
        after = turn.key;
        open -= 1;
      }
    }
    round = again;
  }
  const next = database.get<{ due: number }>(
    "SELECT due_at AS due FROM event WHERE partition = ? AND due_at > ? ORDER BY due_at LIMIT 1",
    ask.partition,
    ask.now,
  );
  return { events, next: next?.due, after };
}

/** Keys with something due that nobody holds, from the one after the last turn on and around; no more than can be served. */
function* dueKeys(database: StoreDatabase, ask: Ask): Generator<KeyTurn> {
  let found = 0;
  const seek = (above: string): string | undefined =>
    database.get<{ key: string }>(
      "SELECT key FROM event WHERE partition = ? AND key > ? ORDER BY key LIMIT 1",
      ask.partition,
      above,
    )?.key;
  let wrapped = false;
  let key = seek(ask.after);
  while (found < ask.limit) {
    if (key === undefined) {
      if (wrapped) return;
      wrapped = true;
      key = seek("");
      continue;
    }
    if (wrapped && key > ask.after) return;
    const turn = new KeyTurn(database, ask, key);
    if (turn.head() !== undefined) {
      yield turn;
      found += 1;
    }
    key = seek(key);
  }
}

/** The due events of one key, read as far as they are needed. */
class KeyTurn {
  readonly key: string;
  deficit = 0;
  /** Events of this key in hand, with those taken here. */
  holds: number;
  readonly #database: StoreDatabase;
  readonly #ask: Ask;
  readonly #held: ReadonlySet<number>;
  #seqs: number[] = [];
  #last: { readonly due: number; readonly seq: number } = { due: -1, seq: -1 };
  #ended = false;
  #head: StoredEvent | undefined;

  constructor(database: StoreDatabase, ask: Ask, key: string) {
    this.#database = database;
    this.#ask = ask;
    this.key = key;
    this.#held = ask.held.get(key) ?? NONE;
    this.holds = this.#held.size;
  }

  head(): StoredEvent | undefined {
    while (this.#head === undefined) {
      const seq = this.#seqs.shift();
      if (seq !== undefined) {
        this.#head = this.#database.get<StoredEvent>(
          `SELECT seq, id, key, event, attempt, enqueued_at AS enqueuedAt, deadline FROM event WHERE seq = ?`,
          seq,
        );
      } else if (this.#ended) return undefined;
      else this.#readAhead();
    }
    return this.#head;
  }

  take(): void {
    this.#head = undefined;
    this.holds += 1;
  }

  #readAhead(): void {
    const rows = this.#database.all<{ seq: number; due: number }>(
      `SELECT seq, due_at AS due FROM event
       WHERE partition = ? AND key = ? AND due_at <= ? AND (due_at, seq) > (?, ?)
       ORDER BY due_at, seq LIMIT ${READ_AHEAD}`,
      this.#ask.partition,
      this.key,
      this.#ask.now,
      this.#last.due,
      this.#last.seq,
    );
    this.#last = rows.at(-1) ?? this.#last;
    this.#ended = rows.length < READ_AHEAD;
    this.#seqs = rows.map(({ seq }) => seq).filter((seq) => !this.#held.has(seq));
  }
}
