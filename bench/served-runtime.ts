import type { Runtime, RuntimeCatalog } from "../src/runtimes/index.ts";

/** Of those whose identifiers start so, one that the machine has exactly if there is such a one. */
export function servedRuntime(catalog: RuntimeCatalog, prefix: string): Runtime {
  const served = catalog
    .list()
    .filter(({ match, identifier }) => match !== "none" && identifier.startsWith(prefix));
  const chosen = served.findLast(({ match }) => match === "exact") ?? served[0];
  const runtime = chosen === undefined ? undefined : catalog.find(chosen.identifier);
  if (runtime === undefined) throw new Error(`nothing on this machine runs ${prefix}`);
  return runtime;
}
