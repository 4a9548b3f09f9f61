import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { decodeError, type ErrorMessage } from "../sqlite/channel.ts";
import type { BackupOptions, BackupReport } from "./write-backup.ts";

/** Makes a backup in a thread of its own; see `writeBackup` for what the caller has to hold. */
export async function backUp(options: BackupOptions): Promise<BackupReport> {
  const worker = new Worker(new URL("./thread.ts", import.meta.url), {
    workerData: options,
    name: "lambkin backup",
  });
  const [message] = (await Promise.race([once(worker, "message"), ended(worker)])) as [
    { readonly report?: BackupReport; readonly error?: ErrorMessage },
  ];
  if (message.error !== undefined) throw decodeError(message.error);
  if (message.report === undefined) throw new Error("the backup ended without a result");
  return message.report;
}

async function ended(worker: Worker): Promise<never> {
  const [code] = (await once(worker, "exit")) as [number];
  throw new Error(`the thread of the backup ended with ${code}`);
}
