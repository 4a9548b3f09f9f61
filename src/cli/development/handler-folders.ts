import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Development, DevelopmentFunction } from "./development-function.ts";

interface Language {
  readonly runtime: string;
  readonly files: readonly string[];
  /** Finds the names of what could be a handler. */
  readonly exported: RegExp;
  readonly preferred: readonly string[];
}

const SCRIPT_EXTENSIONS = ["mjs", "js", "cjs", "mts", "ts", "cts"];
const SCRIPT_NAMES = ["index", "handler", "app", "main", "lambda"];

const LANGUAGES: readonly Language[] = [
  {
    runtime: "nodejs24.x",
    files: SCRIPT_NAMES.flatMap((name) => SCRIPT_EXTENSIONS.map((extension) => `${name}.${extension}`)),
    exported:
      /export\s+(?:const|let|var|async\s+function|function)\s+(\w+)|(?:^|[\s;])(?:module\.)?exports\.(\w+)\s*=/gm,
    preferred: ["handler", "lambdaHandler", "main"],
  },
  {
    runtime: "python3.13",
    files: ["lambda_function.py", "app.py", "handler.py", "main.py", "index.py"],
    exported: /^(?:def\s+(\w+)|(\w+)\s*=)/gm,
    preferred: ["lambda_handler", "handler", "main"],
  },
  {
    runtime: "ruby3.4",
    files: ["lambda_function.rb", "app.rb", "handler.rb", "index.rb"],
    exported: /^\s*def\s+(?:self\.)?(\w+)/gm,
    preferred: ["lambda_handler", "handler"],
  },
];

/** The directory itself if it has a handler, else each directory in it that has one; functions are named by directories. */
export function handlerFolders(root: string): Development {
  const own = functionIn(root);
  if (own !== undefined) return { functions: [own], notes: [] };
  const functions = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .flatMap(({ name }) => functionIn(path.join(root, name)) ?? []);
  return { functions, notes: [] };
}

function functionIn(directory: string): DevelopmentFunction | undefined {
  const present = new Set(readdirSync(directory));
  for (const { runtime, files, exported, preferred } of LANGUAGES) {
    for (const file of files) {
      if (!present.has(file)) continue;
      const text = readFileSync(path.join(directory, file), "utf8");
      const names = new Set([...text.matchAll(exported)].flatMap(([, one, other]) => one ?? other ?? []));
      const name = preferred.find((candidate) => names.has(candidate));
      if (name === undefined) continue;
      const handler = `${path.basename(file, path.extname(file))}.${name}`;
      return { name: functionName(directory), runtime, handler, code: directory, environment: {} };
    }
  }
  return undefined;
}

function functionName(directory: string): string {
  return path
    .basename(directory)
    .replace(/[^A-Za-z0-9_-]/g, "-")
    .slice(0, 64);
}
