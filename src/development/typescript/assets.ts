import { copyFile, link, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { developmentLimits, type Log } from "../../base/index.ts";

const SKIPPED = new Set(["node_modules", "package.json", "package-lock.json", "tsconfig.json"]);
const SOURCES = /\.([mc]?[tj]sx?|map)$/;

/** Puts beside built code what it may read when it runs: everything of its directory but sources and dependencies. */
export async function shareAssets(from: string, to: string, log: Log): Promise<void> {
  let bytes = 0;
  const share = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(from, below), { withFileTypes: true })) {
      if (SKIPPED.has(entry.name) || entry.name.startsWith(".")) continue;
      const path = join(below, entry.name);
      if (entry.isDirectory()) await share(path);
      if (!entry.isFile() || SOURCES.test(entry.name)) continue;
      bytes += (await stat(join(from, path))).size;
      if (bytes > developmentLimits.assetBytes) {
        log.warn("not all files beside a TypeScript handler are shared with it", {
          directory: from,
          mostBytes: developmentLimits.assetBytes,
        });
        return;
      }
      await mkdir(join(to, below), { recursive: true });
      await link(join(from, path), join(to, path)).catch(() => copyFile(join(from, path), join(to, path)));
    }
  };
  await share("");
}
