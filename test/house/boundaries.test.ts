import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { LONG } from "../../scripts/test/order.ts";

const root = path.join(import.meta.dirname, "..", "..");

/** Which rooms a room may import, by its door. What is not listed may not be imported. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  storage: ["base"],
  metering: ["base", "storage"],
  wire: ["base"],
  functions: ["base", "storage", "wire"],
  runtimes: ["base"],
  environments: ["base", "metering", "runtimes"],
  development: ["base"],
  invoke: ["base", "storage", "functions", "environments", "metering", "wire"],
  services: ["base", "storage", "wire"],
  cli: ["base", "wire", "server"],
  embedding: ["server"],
  server: [
    "base",
    "storage",
    "metering",
    "wire",
    "functions",
    "runtimes",
    "environments",
    "development",
    "invoke",
    "services",
  ],
};

/** These commands load the server into their own process; these imports must stay dynamic ones. */
const SERVER_FROM_CLI = /^src\/cli\/commands\/(start|dev|doctor|runtimes|backup|restore|reset)\.ts$/;

/** Files outside of the sources that one of them reads. */
const READ_BY: Readonly<Record<string, string>> = { "package.json": "src/server/assemble.ts" };

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly dynamic: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), "utf8");
  const found: Import[] = [];
  for (const match of text.matchAll(
    /^\s*(?:import|export)\b[^"';]*?\bfrom\s+["']([^"']+)["']|^\s*import\s+["']([^"']+)["']/gm,
  )) {
    found.push({ file, specifier: (match[1] ?? match[2]) as string, dynamic: false });
  }
  for (const match of text.matchAll(
    /\bimport\(\s*["']([^"']+)["']\s*\)|new URL\(\s*["'](\.[^"']+)["']\s*,\s*import\.meta\.url/g,
  )) {
    found.push({ file, specifier: (match[1] ?? match[2]) as string, dynamic: true });
  }
  return found;
}

function roomOf(file: string): { readonly room: string; readonly part: string } {
  const [, room = "", part = ""] = file.split("/");
  return { room, part: room === "services" ? part : "" };
}

const files = globSync("src/**/*.{ts,cjs,js}", { cwd: root }).filter((file) => !file.includes("/generated/"));

test("every source file is read", () => {
  assert.ok(files.length > 100, `only ${files.length} files were found`);
});

test("rooms import only what the house allows, and only by the door", () => {
  const violations: string[] = [];
  for (const file of files) {
    const from = roomOf(file);
    for (const { specifier, dynamic } of importsOf(file)) {
      if (!specifier.startsWith(".")) continue;
      const target = path.relative(root, path.resolve(root, path.dirname(file), specifier));
      if (READ_BY[target] === file) continue;
      if (!target.startsWith("src/")) {
        violations.push(`${file} imports ${target}, outside of src`);
        continue;
      }
      const to = roomOf(target);
      if (from.room === to.room && from.part === to.part) continue;
      if (from.room === "server") {
        if (!target.endsWith("/index.ts"))
          violations.push(`${file} passes by the door of ${to.room}: ${target}`);
        continue;
      }
      const allowed = MAY_IMPORT[from.room] ?? [];
      if (!allowed.includes(to.room))
        violations.push(`${file} (${from.room}) may not import ${target} (${to.room})`);
      else if (from.room === "services" && to.room === "services")
        violations.push(`${file} imports another service: ${target}`);
      else if (from.room === "cli" && to.room === "server" && !(dynamic && SERVER_FROM_CLI.test(file))) {
        violations.push(`${file} may not import the server`);
      } else if (target !== `src/${to.room}/index.ts`)
        violations.push(`${file} passes by the door of ${to.room}: ${target}`);
    }
  }
  assert.deepEqual(violations, []);
});

test("no room but the server, the command and the wire depends on the SDK's clients at run time", () => {
  const violations = files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith("@aws-sdk/client-"))
      .filter(() => !onlyTypes(file))
      .map(({ specifier }) => `${file} imports ${specifier}`),
  );
  assert.deepEqual(violations, []);
});

/** The clients are development dependencies: sources may take types from them and nothing else. */
function onlyTypes(file: string): boolean {
  const text = readFileSync(path.join(root, file), "utf8");
  return [
    ...text.matchAll(/^\s*(import|export)\b([^"';]*?)\bfrom\s+["']@aws-sdk\/client-[^"']+["']/gm),
  ].every((match) => (match[2] ?? "").trimStart().startsWith("type "));
}

test("no file needs itself by way of others, but for types", () => {
  const neededBy = new Map(files.map((file) => [file, valuesOf(file)]));
  assert.ok([...neededBy.values()].flat().length > files.length, "imports were read");
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (file: string, way: readonly string[]): void => {
    const from = way.indexOf(file);
    if (from >= 0) circles.push([...way.slice(from), file].join(" -> "));
    if (from >= 0 || done.has(file)) return;
    for (const next of neededBy.get(file) ?? []) follow(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) follow(file, []);
  assert.deepEqual(circles, []);
});

/** The files that are loaded with one. */
function valuesOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)([^"';]*?)\s*\bfrom\s+"(\.[^"]+)"/gm)]
    .filter(([, names = ""]) => !/^\{(\s*type [^,}]+,?)+\s*\}$/.test(names))
    .map(([, , specifier = ""]) => path.join(path.dirname(file), specifier));
}

test("files are small rooms", () => {
  const long = files
    .map((file) => ({ file, lines: readFileSync(path.join(root, file), "utf8").split("\n").length }))
    .filter(({ lines }) => lines > 500)
    .map(({ file, lines }) => `${file}: ${lines} lines`);
  assert.deepEqual(long, []);
});

test("test files that are known to take long are there", () => {
  assert.deepEqual(
    LONG.filter((file) => !existsSync(path.join(root, file))),
    [],
  );
});

test("names are the field's words", () => {
  const vague = files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|manager)(\.|\/)/i.test(file));
  assert.deepEqual(vague, []);
});
