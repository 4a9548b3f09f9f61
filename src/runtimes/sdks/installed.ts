import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "../../base/index.ts";
import { namesIn } from "../interpreter-probe.ts";

/** An SDK that `lambkin runtimes install` brought. */
export interface InstalledSdk {
  /** As `sdkFor` names it. */
  readonly name: string;
  /** Holds `node_modules`, or Python's packages; never changes once it is there. */
  readonly directory: string;
  /** What was asked for, with the versions that came: `{"boto3": "1.44.8"}`. */
  readonly packages: Readonly<Record<string, string>>;
}

/** In the directory of an SDK: its packages by version. */
export const MANIFEST = ".lambkin-sdk.json";

/** Holds a link for each SDK, to the hidden directory beside it that has its present version. */
export function sdkHome(cache = cacheDirectory()): string {
  return join(cache, "sdks");
}

/** The SDKs that are installed completely, by name. */
export async function installedSdks(cache?: string): Promise<ReadonlyMap<string, InstalledSdk>> {
  const home = sdkHome(cache);
  const names = (await namesIn(home)).filter((name) => !name.startsWith("."));
  const found = await Promise.all(names.map((name) => readSdk(home, name)));
  return new Map(found.flatMap((sdk) => (sdk === undefined ? [] : [[sdk.name, sdk]])));
}

async function readSdk(home: string, name: string): Promise<InstalledSdk | undefined> {
  try {
    const directory = await realpath(join(home, name));
    const packages = JSON.parse(await readFile(join(directory, MANIFEST), "utf8")) as Record<string, string>;
    return { name, directory, packages };
  } catch {
    // Removed by hand, or while it was looked at.
    return undefined;
  }
}

/** For people: `boto3 1.44.8`, or the newest version of several packages and how many there are. */
export function describeSdk({ packages }: InstalledSdk): string {
  const entries = Object.entries(packages);
  const [first] = entries;
  if (first === undefined) return "";
  if (entries.length === 1) return first.join(" ");
  const newest = entries
    .map(([, version]) => version)
    .reduce((a, b) => (a.localeCompare(b, "en", { numeric: true }) >= 0 ? a : b));
  const scope = entries.every(([name]) => name.startsWith("@aws-sdk/")) ? "@aws-sdk/*" : first[0];
  return `${scope} ${newest} (${entries.length} packages)`;
}
