import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const GENERATED = fileURLToPath(new URL("../../src/wire/generated/", import.meta.url));

/** Returns the size in bytes. */
export function writeGenerated(name: string, text: string): number {
  mkdirSync(GENERATED, { recursive: true });
  writeFileSync(path.join(GENERATED, name), text);
  return Buffer.byteLength(text);
}
