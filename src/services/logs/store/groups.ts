import { logsLimits } from "../../../base/index.ts";
import type { StoreDatabase } from "../../../storage/index.ts";
import { fail } from "../errors.ts";

export interface Scope {
  readonly account: string;
  readonly region: string;
}

export type GroupClass = "STANDARD" | "INFREQUENT_ACCESS" | "DELIVERY";

export interface GroupRow {
  readonly id: number;
  readonly name: string;
  readonly created_at: number;
  readonly retention_days: number | null;
  readonly tags: string;
  readonly class: GroupClass;
  readonly kms_key_id: string | null;
  readonly deletion_protected: number;
}

/** What a group is created with. */
export interface GroupSettings {
  readonly tags: Readonly<Record<string, string>>;
  readonly class: GroupClass;
  readonly kmsKeyId?: string | undefined;
  readonly deletionProtected: boolean;
}

/** What a group that comes into being with its first event has. */
export const PLAIN_GROUP: GroupSettings = { tags: {}, class: "STANDARD", deletionProtected: false };

/** The only retention of groups of the class DELIVERY. */
const DELIVERY_RETENTION_DAYS = 2;

export interface NamedGroup extends Scope {
  readonly group: string;
}

const COLUMNS = "id, name, created_at, retention_days, tags, class, kms_key_id, deletion_protected";
const BY_NAME = `SELECT ${COLUMNS} FROM log_groups WHERE account = ? AND region = ? AND name = ?`;

export function findGroup(database: StoreDatabase, at: NamedGroup): GroupRow | undefined {
  return database.get<GroupRow>(BY_NAME, at.account, at.region, at.group);
}

export function requireGroup(database: StoreDatabase, at: NamedGroup): GroupRow {
  const group = findGroup(database, at);
  if (group === undefined) throw fail("ResourceNotFoundException", { with: { resource: "log group" } });
  return group;
}

/** A group of which something is to be deleted. */
export function requireDeletable(database: StoreDatabase, at: NamedGroup): GroupRow {
  const group = requireGroup(database, at);
  if (group.deletion_protected === 1) {
    throw fail("ValidationException", {
      with: `Log group ${at.group} is protected against deletion. Disable deletion protection first.`,
    });
  }
  return group;
}

export function insertGroup(
  database: StoreDatabase,
  at: NamedGroup,
  now: number,
  settings: GroupSettings,
): number {
  return database.run(
    `INSERT INTO log_groups (account, region, name, created_at, retention_days, tags, class, kms_key_id, deletion_protected)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    at.account,
    at.region,
    at.group,
    now,
    settings.class === "DELIVERY" ? DELIVERY_RETENTION_DAYS : null,
    JSON.stringify(settings.tags),
    settings.class,
    settings.kmsKeyId ?? null,
    settings.deletionProtected ? 1 : 0,
  ).lastInsertRowid;
}

export const groupWrites = {
  createGroup(
    database: StoreDatabase,
    at: NamedGroup & { readonly now: number; readonly settings: GroupSettings },
  ): void {
    if (findGroup(database, at) !== undefined) {
      throw fail("ResourceAlreadyExistsException", { with: { resource: "log group" } });
    }
    insertGroup(database, at, at.now, at.settings);
  },

  deleteGroup(database: StoreDatabase, at: NamedGroup): void {
    const { id } = requireDeletable(database, at);
    database.run("DELETE FROM log_events WHERE group_id = ?", id);
    database.run("DELETE FROM log_streams WHERE group_id = ?", id);
    database.run("DELETE FROM log_groups WHERE id = ?", id);
  },

  setRetention(database: StoreDatabase, at: NamedGroup & { readonly days: number | null }): void {
    const { id, class: kind } = requireGroup(database, at);
    if (kind === "DELIVERY") {
      throw fail("ValidationException", { with: "This operation is not supported for Delivery log class" });
    }
    database.run("UPDATE log_groups SET retention_days = ? WHERE id = ?", at.days, id);
  },

  setKmsKey(database: StoreDatabase, at: NamedGroup & { readonly kmsKeyId: string | null }): void {
    const { id } = requireGroup(database, at);
    database.run("UPDATE log_groups SET kms_key_id = ? WHERE id = ?", at.kmsKeyId, id);
  },

  setDeletionProtection(database: StoreDatabase, at: NamedGroup & { readonly enabled: boolean }): void {
    const { id } = requireGroup(database, at);
    database.run("UPDATE log_groups SET deletion_protected = ? WHERE id = ?", at.enabled ? 1 : 0, id);
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

  /** Groups in the order of their names, greater than `after`, that have all that is asked for. */
  groups(
    database: StoreDatabase,
    at: Scope & {
      readonly after: string;
      readonly prefix: string;
      readonly contains: string;
      readonly class?: GroupClass | undefined;
      readonly names?: readonly string[] | undefined;
      readonly limit: number;
    },
  ): GroupRow[] {
    const kind = at.class ?? null;
    const names = at.names === undefined ? null : JSON.stringify(at.names);
    return database.all<GroupRow>(
      `SELECT ${COLUMNS} FROM log_groups WHERE account = ? AND region = ? AND name > ?
         AND substr(name, 1, length(?)) = ? AND instr(name, ?) > 0 AND (? IS NULL OR class = ?)
         AND (? IS NULL OR name IN (SELECT value FROM json_each(?))) ORDER BY name LIMIT ?`,
      at.account,
      at.region,
      at.after,
      at.prefix,
      at.prefix,
      at.contains,
      kind,
      kind,
      names,
      names,
      at.limit,
    );
  },
};
