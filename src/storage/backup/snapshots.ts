import { DatabaseSync, type StatementSync } from "node:sqlite";
import { storageLimits } from "../../base/index.ts";

export interface Snapshots {
  /** Connections in the order of the files, each in a read transaction. */
  readonly connections: readonly DatabaseSync[];
  /** Whether all see the same moment. */
  readonly simultaneous: boolean;
  close(): void;
}

/**
 * Begins to read several databases at one moment while others write to them. Two files never commit together, but
 * when none was written to between the first and the last beginning, all show what was there at the last one:
 * https://www.sqlite.org/pragma.html#pragma_data_version. Otherwise it begins again, so often as the limits say.
 */
export function takeSnapshots(files: readonly string[]): Snapshots {
  const open: DatabaseSync[] = [];
  const close = () => {
    for (const connection of open) connection.close();
  };
  const connect = (file: string): DatabaseSync => {
    const connection = new DatabaseSync(file, { readOnly: true, timeout: storageLimits.fileBusyMs });
    open.push(connection);
    return connection;
  };
  try {
    // A connection that reads does not see that others write, so a second one watches.
    const watchers = files.map((file) => connect(file).prepare("PRAGMA data_version"));
    const connections = files.map(connect);
    const firstReads = connections.map((connection) =>
      connection.prepare("SELECT count(*) FROM sqlite_schema"),
    );
    for (let attempt = 1; ; attempt++) {
      const before = watchers.map(versionOf);
      for (const [at, connection] of connections.entries()) {
        connection.exec("BEGIN");
        firstReads[at]?.get();
      }
      const simultaneous = watchers.every((watcher, at) => versionOf(watcher) === before[at]);
      if (simultaneous || attempt === storageLimits.snapshotAttempts)
        return { connections, simultaneous, close };
      for (const connection of connections) connection.exec("ROLLBACK");
    }
  } catch (error) {
    close();
    throw error;
  }
}

function versionOf(watcher: StatementSync): unknown {
  return watcher.get()?.["data_version"];
}
