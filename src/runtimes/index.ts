import { createRuntimeCatalog } from "./catalog.ts";
import { compileAssembly } from "./dotnet/compile-bootstrap.ts";
import { findDotnets } from "./dotnet/find-dotnet.ts";
import { installedDirectories } from "./install/installed.ts";
import type { RuntimeCatalog, RuntimeMatch } from "./interfaces.ts";
import { compileJars } from "./java/compile-bootstrap.ts";
import { findJavas } from "./java/find-java.ts";
import { bundleBootstrap } from "./nodejs/bundle-bootstrap.ts";
import { findNodes } from "./nodejs/find-node.ts";
import { ProbeMemory } from "./probe-memory.ts";
import { findPythons } from "./python/find-python.ts";
import { findRubies } from "./ruby/find-ruby.ts";
import { installedSdks } from "./sdks/installed.ts";

export { isWrapped } from "./exec-wrapper.ts";
export { installRuntime } from "./install/install.ts";
export type * from "./interfaces.ts";
export { bundleBootstrap, compileAssembly, compileJars, findDotnets, findJavas };

export interface FindOptions {
  /** Keeps what was found out for the next time. */
  readonly memoryFile?: string;
  /** `closest` unless told otherwise. */
  readonly match?: RuntimeMatch;
}

/** Looks for interpreters on this machine and tells which Lambda runtimes they can serve. */
export async function findRuntimes(options: FindOptions = {}): Promise<RuntimeCatalog> {
  let catalog = await scan(options);
  let scanned: Promise<void> = Promise.resolve();
  const rescan = async () => {
    catalog = await scan(options);
  };
  return {
    find: (identifier) => catalog.find(identifier),
    list: () => catalog.list(),
    rescan: () => {
      // One that has begun already may not see what there is now.
      scanned = scanned.then(rescan, rescan);
      return scanned;
    },
  };
}

async function scan({ memoryFile, match = "closest" }: FindOptions): Promise<Omit<RuntimeCatalog, "rescan">> {
  const memory = memoryFile === undefined ? undefined : new ProbeMemory(memoryFile);
  const installed = await installedDirectories();
  const found = await Promise.all([
    findNodes(memory, installed),
    findPythons(memory),
    findRubies(memory),
    findJavas(),
    findDotnets(memory),
  ]);
  void memory?.save();
  return createRuntimeCatalog(found.flat(), { match, sdks: await installedSdks() });
}
