import type { StateEntry, StateStore } from "../storage/index.ts";
import { decodeFunction, decodeVersion, parseFunctionKey, versionKey } from "./document.ts";
import { assemble, type FunctionEntry } from "./entry.ts";

/** Greater than any character that follows in a key. */
const LAST = "\u{10FFFF}";

export interface Loaded {
  readonly entries: readonly FunctionEntry[];
  /** Keys of versions that no function refers to: a crash came between the two. */
  readonly orphans: readonly string[];
}

/** Reads every function of every account and region. */
export async function loadAll(state: StateStore): Promise<Loaded> {
  const entries: FunctionEntry[] = [];
  const orphans: string[] = [];
  for await (const scope of scopesOf(state)) {
    const functions: StateEntry[] = [];
    const records = new Map<string, StateEntry>();
    for await (const entry of entriesOf(state, `${scope}/lambda/function/`)) functions.push(entry);
    for await (const entry of entriesOf(state, `${scope}/lambda/version/`)) records.set(entry.key, entry);
    for (const stored of functions) {
      const entry = withVersions(stored, records);
      if (entry !== undefined) entries.push(entry);
    }
    orphans.push(...records.keys());
  }
  return { entries, orphans };
}

/** Takes the records that the function refers to out of `records`. */
function withVersions(stored: StateEntry, records: Map<string, StateEntry>): FunctionEntry | undefined {
  const parts = parseFunctionKey(stored.key);
  if (parts === undefined) return undefined;
  const { incarnation, versions } = decodeFunction(stored.value);
  const known = Object.entries(versions).flatMap(([version, { record }]) => {
    const key = versionKey(parts, incarnation, version, record);
    const found = records.get(key);
    records.delete(key);
    return found === undefined ? [] : [[version, decodeVersion(found.value)] as const];
  });
  return assemble(stored, new Map(known));
}

/** `ACCOUNT/REGION` of all keys, skipping from one to the next. */
export async function* scopesOf(state: StateStore): AsyncGenerator<string> {
  let cursor: string | undefined;
  for (;;) {
    const page = await state.list("", { limit: 1, ...(cursor === undefined ? {} : { cursor }) });
    const key = page.entries[0]?.key;
    if (key === undefined) return;
    const [account = "", region = ""] = key.split("/");
    const scope = `${account}/${region}`;
    yield scope;
    cursor = `${scope}/${LAST}`;
    // A key outside the pattern must not be met again.
    if (cursor < key) cursor = key;
  }
}

/** All entries under a prefix, page by page. */
export async function* entriesOf(state: StateStore, prefix: string): AsyncGenerator<StateEntry> {
  let cursor: string | undefined;
  do {
    const page = await state.list(prefix, cursor === undefined ? {} : { cursor });
    yield* page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
