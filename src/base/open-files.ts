import { readFileSync } from "node:fs";

/** Where the system does not tell. */
const USUAL = 10_240;

let known: number | undefined;

/** How many descriptors this process may have: its limit, which Node.js raises at its start as far as it may. */
export function openFilesLimit(): number {
  known ??= read();
  return known;
}

function read(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    const most = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    return most > 0 ? most : USUAL;
  } catch {
    return USUAL;
  }
}
