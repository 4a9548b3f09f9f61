import { join } from "node:path";
import { silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { createFunctions } from "../src/functions/index.ts";
import { openSqliteStorage } from "../src/storage/index.ts";
import { requestContext } from "./functions-world.ts";

/** The control plane of functions on SQLite in a directory, as a process finds it after the one before was killed. */
export async function openStoredFunctions(directory: string) {
  const parts = { clock: systemClock, randomness: systemRandomness, log: silentLog };
  const storage = await openSqliteStorage({ directory: join(directory, "storage"), ...parts });
  const packages = join(directory, "packages");
  const functions = await createFunctions({
    state: storage.state,
    blobs: storage.blobs,
    unpackDirectory: packages,
    objects: { read: () => Promise.reject(new Error("no objects here")) },
    roles: { find: async () => undefined },
    requireRoles: false,
    codeLocation: () => "",
    eventSources: { check: async () => "unserved" },
    destinationServices: new Set(),
    runtimes: () => ({ supported: true }),
    ...parts,
  });
  return {
    storage,
    /** Where packages lie unpacked. */
    packages,
    catalog: functions.catalog,
    call: async (operation: string, input: object): Promise<any> =>
      functions.operations[operation]?.(input, requestContext(operation)),
    async close(): Promise<void> {
      await functions.close();
      await storage.close();
    },
  };
}
