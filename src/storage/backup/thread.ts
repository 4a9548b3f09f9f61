/** The entry of the thread that makes a backup, so that no invocation waits for its hashes. */
import { parentPort, workerData } from "node:worker_threads";
import { invariant, toError } from "../../base/index.ts";
import { encodeError } from "../sqlite/channel.ts";
import { type BackupOptions, writeBackup } from "./write-backup.ts";

invariant(parentPort !== null, "the backup's thread has a parent");
try {
  parentPort.postMessage({ report: await writeBackup(workerData as BackupOptions) });
} catch (thrown) {
  parentPort.postMessage({ error: encodeError(toError(thrown)) });
}
