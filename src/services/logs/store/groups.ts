import { logsLimits } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail } from "../errors.ts";

export interface Scope {
  readonly account: string;
  readonly region: string;
}

export interface GroupRow {
  readonly id: number;
  readonly name: string;
  readonly created_at: number;
  readonly retention_days: number | null;
  readonly tags: string;
}

export interface NamedGroup extends Scope {
  readonly group: string;
}

const COLUMNS = "id, name, created_at, retention_days, tags";
const BY_NAME = `SELECT ${COLUMNS} FROM log_groups WHERE account = ? AND region = ? AND name = ?`;

export function findGroup(database: StoreDatabase, at: NamedGroup): GroupRow | undefined {
  return database.get<GroupRow>(BY_NAME, at.account, at.region, at.group);
}

export function requireGroup(database: StoreDatabase, at: NamedGroup): GroupRow {
  const group = findGroup(database, at);
  if (group === undefined) throw fail("ResourceNotFoundException", { with: { resource: "log group" } });
  return group;
}

export function insertGroup(database: StoreDatabase, at: NamedGroup, now: number, tags: string): number {
  return database.run(
    "INSERT INTO log_groups (account, region, name, created_at, tags) VALUES (?, ?, ?, ?, ?)",
    at.account,
    at.region,
    at.group,
    now,
    tags,
  ).lastInsertRowid;
}

export const groupWrites = {
  createGroup(
    database: StoreDatabase,
    at: NamedGroup & { readonly now: number; readonly tags: Readonly<Record<string, string>> },
  ): void {
    if (findGroup(database, at) !== undefined) {
      throw fail("ResourceAlreadyExistsException", { with: { resource: "log group" } });
    }
    insertGroup(database, at, at.now, JSON.stringify(at.tags));
  },

  deleteGroup(database: StoreDatabase, at: NamedGroup): void {
    const { id } = requireGroup(database, at);
    database.run("DELETE FROM log_events WHERE group_id = ?", id);
    database.run("DELETE FROM log_streams WHERE group_id = ?", id);
    database.run("DELETE FROM log_groups WHERE id = ?", id);
  },

  setRetention(database: StoreDatabase, at: NamedGroup & { readonly days: number | null }): void {
    const { id } = requireGroup(database, at);
    database.run("UPDATE log_groups SET retention_days = ? WHERE id = ?", at.days, id);
  },

  setTags(
    database: StoreDatabase,
    at: NamedGroup & { readonly add: Readonly<Record<string, string>>; readonly remove: readonly string[] },
  ): void {
    const group = requireGroup(database, at);
    const tags = { ...(JSON.parse(group.tags) as Record<string, string>), ...at.add };
    const kept = Object.fromEntries(Object.entries(tags).filter(([key]) => !at.remove.includes(key)));
    if (Object.keys(kept).length > logsLimits.tagsOfGroup) {
      throw fail("TooManyTagsException", {
        with: { most: logsLimits.tagsOfGroup },
        members: { resourceName: at.group },
      });
    }
    database.run("UPDATE log_groups SET tags = ? WHERE id = ?", JSON.stringify(kept), group.id);
  },

  /** Deletes what is older than its group keeps it, at most `most` events, and tells how many it were. */
  expire(database: StoreDatabase, { now, most }: { readonly now: number; readonly most: number }): number {
    return database.run(
      `DELETE FROM log_events WHERE id IN (
         SELECT e.id FROM log_groups g JOIN log_events e ON e.group_id = g.id
         WHERE g.retention_days IS NOT NULL AND e.timestamp < ? - g.retention_days * 86400000 LIMIT ?)`,
      now,
      most,
    ).changes;
  },
};

export const groupReads = {
  group(database: StoreDatabase, at: NamedGroup): GroupRow {
    return requireGroup(database, at);
  },

  /** Groups in the order of their names, greater than `after`, holding `text` as a prefix or anywhere. */
  groups(
    database: StoreDatabase,
    at: Scope & {
      readonly after: string;
      readonly prefix: string;
      readonly contains: string;
      readonly limit: number;
    },
  ): GroupRow[] {
    return database.all<GroupRow>(
      `SELECT ${COLUMNS} FROM log_groups WHERE account = ? AND region = ? AND name > ?
         AND substr(name, 1, length(?)) = ? AND instr(name, ?) > 0 ORDER BY name LIMIT ?`,
      at.account,
      at.region,
      at.after,
      at.prefix,
      at.prefix,
      at.contains,
      at.limit,
    );
  },
};
