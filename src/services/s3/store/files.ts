import type { StoreDatabase } from "../../../storage/index.ts";
import type { Segment } from "../model.ts";

function namesOf(segments: readonly Segment[]): Set<string> {
  return new Set(segments.map((segment) => segment.file));
}

/** Counts one more user of each file. */
export function useFiles(database: StoreDatabase, segments: readonly Segment[]): void {
  for (const name of namesOf(segments))
    database.run(
      "INSERT INTO files (name, uses) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET uses = uses + 1",
      name,
    );
}

/** Counts one user less of each file and returns those that nobody uses any more: to be removed after the commit. */
export function dropFiles(database: StoreDatabase, segments: readonly Segment[]): string[] {
  const dropped: string[] = [];
  for (const name of namesOf(segments)) {
    if (database.run("DELETE FROM files WHERE name = ? AND uses <= 1", name).changes > 0) dropped.push(name);
    else database.run("UPDATE files SET uses = uses - 1 WHERE name = ?", name);
  }
  return dropped;
}

export function unreferencedFiles(database: StoreDatabase, names: readonly string[]): string[] {
  return names.filter((name) => database.get("SELECT 1 FROM files WHERE name = ?", name) === undefined);
}
