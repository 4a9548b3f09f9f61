import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { COMMANDS } from "../../src/cli/commands/index.ts";

const root = path.join(import.meta.dirname, "..", "..");
const documents = globSync(["*.md", "docs/**/*.md", "examples/**/*.md"], { cwd: root }).filter(
  // It tells of what was.
  (file) => file !== "CHANGELOG.md" && !file.includes("node_modules"),
);

const read = (file: string) => readFileSync(path.join(root, file), "utf8");

/** What of each document matches, with its name. */
function found(pattern: RegExp): { readonly file: string; readonly what: string }[] {
  return documents.flatMap((file) =>
    [...read(file).matchAll(pattern)].map(([, what = ""]) => ({ file, what })),
  );
}

/** What GitHub makes of a document's headings; of equal ones the later get numbers. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/^#{1,6} +(.*)$/gm)) {
    const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").trim();
    const anchor = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    let numbered = anchor;
    for (let number = 1; anchors.has(numbered); number += 1) numbered = `${anchor}-${number}`;
    anchors.add(numbered);
  }
  return anchors;
}

test("documents name files that are there", () => {
  assert.ok(documents.length > 10, `only ${documents.length} documents were found`);
  const named = found(
    /`((?:src|test|testkit|scripts|native|verify|bench|docs|examples|bin|toolchain)\/[\w./*{},-]*)`/g,
  );
  assert.ok(named.length > 50, `only ${named.length} files are named`);
  const missing = named.filter(({ what }) => globSync(what, { cwd: root }).length === 0);
  assert.deepEqual(missing, []);
});

test("links of documents lead somewhere", () => {
  const links = found(/\]\((?!https?:|#)([^)#]+)/g);
  assert.ok(links.length > 5, `only ${links.length} links were found`);
  const broken = links.filter(({ file, what }) => !existsSync(path.join(root, path.dirname(file), what)));
  assert.deepEqual(broken, []);
});

test("anchors in links of documents are headings there", () => {
  const links = found(/\]\((?!https?:)([^)\s]*#[^)\s]+)\)/g);
  assert.ok(links.length > 50, `only ${links.length} anchors were found`);
  const broken = links.filter(({ file, what }) => {
    const [target = "", anchor = ""] = what.split("#");
    const headed = target === "" ? file : path.join(path.dirname(file), target);
    return !existsSync(path.join(root, headed)) || !anchorsOf(read(headed)).has(anchor);
  });
  assert.deepEqual(broken, []);
});

test("documents in folders of docs are reached from a document above", () => {
  const below = documents.filter((file) => path.dirname(path.dirname(file)) === "docs");
  assert.ok(below.length > 5, `only ${below.length} documents are in folders of docs`);
  const linked = new Set(
    found(/\]\((?!https?:|#)([^)#]+)/g)
      .filter(({ file }) => path.dirname(file) === "docs")
      .map(({ file, what }) => path.join(path.dirname(file), what)),
  );
  assert.deepEqual(
    below.filter((file) => !linked.has(file)),
    [],
  );
});

test("documents name scripts of package.json, and commands that there are", () => {
  const { scripts } = JSON.parse(read("package.json")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const unknownScripts = found(/\bnpm run ([\w-]+)/g).filter(({ what }) => !(what in scripts));
  assert.deepEqual(unknownScripts, []);
  const names = new Set(COMMANDS.map(({ name }) => name));
  const commands = found(/(?:^|[`(]|npx )lambkin ([a-z][a-z-]*)\b/gm);
  assert.ok(commands.length > 30, `only ${commands.length} commands are named`);
  assert.deepEqual(
    commands.filter(({ what }) => !names.has(what) && what !== "help"),
    [],
  );
});

test("documents give commands the options that they have", () => {
  const given = found(/(?:^|[`(]|npx )(lambkin [a-z][a-z-]*[^`\n#|]*)/gm).flatMap(({ file, what }) => {
    const [, name = "", rest = ""] = /^lambkin (\S+)(.*)/.exec(what) ?? [];
    const command = COMMANDS.find((each) => each.name === name);
    return [...rest.matchAll(/--([a-z][a-z-]*)/g)].map(([, option = ""]) => ({
      file,
      name,
      option,
      command,
    }));
  });
  assert.ok(given.length > 20, `only ${given.length} options are given`);
  const unknown = given.filter(({ command, option }) => !(option in (command?.options ?? {})));
  assert.deepEqual(
    unknown.map(({ file, name, option }) => `${file}: lambkin ${name} --${option}`),
    [],
  );
});
