import { createRuntimeCatalog } from "./catalog.ts";
import type { RuntimeCatalog } from "./interfaces.ts";
import { findNodes } from "./nodejs/find-node.ts";
import { findPythons } from "./python/find-python.ts";

export type * from "./interfaces.ts";

/** Looks for interpreters on this machine and tells which Lambda runtimes they can serve. */
export async function findRuntimes(): Promise<RuntimeCatalog> {
  const [nodes, pythons] = await Promise.all([findNodes(), findPythons()]);
  return createRuntimeCatalog([...nodes, ...pythons]);
}
