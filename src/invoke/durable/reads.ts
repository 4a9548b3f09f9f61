import type { Event } from "@aws-sdk/client-lambda";
import type { StoreDatabase } from "../../storage/index.ts";
import { revivedEvent } from "./history.ts";
import type { Execution, Operation } from "./model.ts";

/** Operations after a position, as many as a page holds, but at least one. */
export function pageOf(
  database: StoreDatabase,
  { id, after, items, bytes }: { id: string; after: number; items: number; bytes: number },
): { operations: Operation[]; more?: number } {
  const operations: Operation[] = [];
  let left = bytes;
  for (const { document } of database.iterate<{ document: string }>(
    "SELECT document FROM operations WHERE execution_id = ? AND position > ? ORDER BY position",
    id,
    after,
  )) {
    left -= document.length;
    const last = operations.at(-1);
    if (last !== undefined && (operations.length >= items || left < 0)) {
      return { operations, more: last.order };
    }
    operations.push(JSON.parse(document) as Operation);
  }
  return { operations };
}

/** What can be asked of the store. */
export const reads = {
  execution(database: StoreDatabase, id: string): Execution | undefined {
    const row = database.get<{ document: string }>("SELECT document FROM executions WHERE id = ?", id);
    return row === undefined ? undefined : (JSON.parse(row.document) as Execution);
  },

  /** The event that it was started with. */
  input(database: StoreDatabase, id: string): string {
    return database.get<{ input: string }>("SELECT input FROM executions WHERE id = ?", id)?.input ?? "";
  },

  operations: pageOf,

  /** Entries after or, in reverse, before the one of the number `from`. */
  events(
    database: StoreDatabase,
    { id, from, limit, reverse }: { id: string; from: number | undefined; limit: number; reverse: boolean },
  ): Event[] {
    const [comparison, order] = reverse ? ["<", "DESC"] : [">", "ASC"];
    return database
      .all<{ number: number; at: number; document: string }>(
        `SELECT number, at, document FROM events WHERE execution_id = ? AND number ${comparison} ?
         ORDER BY number ${order} LIMIT ?`,
        id,
        from ?? (reverse ? Number.MAX_SAFE_INTEGER : 0),
        limit,
      )
      .map(({ number, at, document }) => revivedEvent(document, number, at));
  },

  /** Executions of a function in the order in which they started, after or, in reverse, before `from`. */
  list(
    database: StoreDatabase,
    query: {
      readonly account: string;
      readonly region: string;
      readonly functionName: string;
      readonly version: string | undefined;
      readonly name: string | undefined;
      readonly statuses: readonly string[];
      readonly startedAfter: number;
      readonly startedBefore: number;
      readonly from: { readonly startedAt: number; readonly id: string } | undefined;
      readonly reverse: boolean;
      readonly limit: number;
    },
  ): Execution[] {
    const { account, region, functionName, version, name, statuses, reverse, from } = query;
    const [comparison, order] = reverse ? ["<", "DESC"] : [">", "ASC"];
    const limits = reverse ? [Number.MAX_SAFE_INTEGER, ""] : [-1, ""];
    const found: Execution[] = [];
    for (const { document } of database.iterate<{ document: string }>(
      `SELECT document FROM executions
       WHERE account = ? AND region = ? AND function_name = ? AND (started_at, id) ${comparison} (?, ?)
         AND started_at > ? AND started_at < ?
       ORDER BY started_at ${order}, id ${order}`,
      account,
      region,
      functionName,
      from?.startedAt ?? limits[0] ?? 0,
      from?.id ?? "",
      query.startedAfter,
      query.startedBefore,
    )) {
      const execution = JSON.parse(document) as Execution;
      if (version !== undefined && execution.version !== version) continue;
      if (name !== undefined && execution.name !== name) continue;
      if (statuses.length > 0 && !statuses.includes(execution.status)) continue;
      found.push(execution);
      if (found.length >= query.limit) break;
    }
    return found;
  },

  running(database: StoreDatabase, { after, limit }: { after: string; limit: number }): string[] {
    return database
      .all<{ id: string }>(
        "SELECT id FROM executions WHERE status = 'RUNNING' AND id > ? ORDER BY id LIMIT ?",
        after,
        limit,
      )
      .map(({ id }) => id);
  },
};
