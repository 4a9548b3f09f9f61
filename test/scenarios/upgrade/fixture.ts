/**
 * Data directories of released formats as text: `format-N/`, databases as SQL and the few other files in base64.
 * Run as a program it writes the one of today's format, which is done once, before a format changes.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { DATA_FORMAT } from "../../../src/storage/index.ts";
import { eventually } from "../../../testkit/eventually.ts";
import { lambkin, startLambkin } from "../../../testkit/lambkin-server.ts";
import { clientsOf, destroy } from "../crash/world.ts";
import { write } from "./content.ts";
import { dump, load } from "./dump.ts";

const FILES = "files.json";

/** The formats that there are fixtures of, the oldest first. */
export function formats(): number[] {
  return readdirSync(import.meta.dirname)
    .flatMap((name) => /^format-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Makes a data directory as a server of that format left it. */
export function make(format: number, dataDirectory: string): void {
  const fixture = path.join(import.meta.dirname, `format-${format}`);
  const files = JSON.parse(readFileSync(path.join(fixture, FILES), "utf8")) as Record<string, string>;
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dataDirectory, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, Buffer.from(content, "base64"), { mode: 0o600 });
  }
  for (const name of readdirSync(fixture).filter((entry) => entry.endsWith(".sql"))) {
    const file = name.slice(0, -".sql".length).replaceAll("+", "/");
    load(readFileSync(path.join(fixture, name), "utf8"), path.join(dataDirectory, file));
  }
}

/** Lets a server write data and keeps a backup of it as text. */
async function writeFixture(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-fixture-"));
  try {
    const server = await startLambkin({ dataDirectory: path.join(folder, "data") });
    const clients = clientsOf(server);
    await write(clients);
    await eventually(
      async () => {
        const { stdout } = await lambkin("usage", "--json", "--endpoint", server.endpoint);
        return JSON.parse(stdout).total.requests === 1 ? true : undefined;
      },
      { what: "the invocation" },
    );
    destroy(clients);
    await server.end("SIGTERM");
    const backup = path.join(folder, "backup");
    await lambkin("backup", backup, "--data", path.join(folder, "data"));
    keep(path.join(backup, "data"), path.join(import.meta.dirname, `format-${DATA_FORMAT}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function keep(data: string, fixture: string): void {
  rmSync(fixture, { recursive: true, force: true });
  mkdirSync(fixture);
  const files: Record<string, string> = {};
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(data, file);
    if (/\.(db|sqlite)$/.test(name))
      writeFileSync(path.join(fixture, `${name.replaceAll("/", "+")}.sql`), dump(file));
    else files[name] = readFileSync(file).toString("base64");
  }
  writeFileSync(path.join(fixture, FILES), `${JSON.stringify(files, null, 2)}\n`);
}

if (import.meta.main) await writeFixture();
