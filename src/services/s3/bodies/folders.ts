import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes the names in a folder durable. For the start only: it blocks. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
