import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { installAwsClients } from "../scripts/setup/aws-clients.ts";
import { buildDotnetFunctions, installDotnet } from "../scripts/setup/dotnet.ts";
import { buildExamples } from "../scripts/setup/examples.ts";
import { buildGoProgram } from "../scripts/setup/runtime-clients.ts";

/** A function that hands back about what it gets, in one language. */
export interface FamilyFunction {
  /** As figures name it. */
  readonly name: string;
  /** Start of the identifiers that may run it. */
  readonly runtimes: string;
  readonly handler: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly body: string;
}

const root = path.join(import.meta.dirname, "..");
const BODY = '{"key1":"value1","key2":"value2"}';

/** One of every family, built with what the tests build theirs. Sets DOTNET_ROOT, by which .NET is found. */
export async function familyFunctions(): Promise<readonly FamilyFunction[]> {
  const cache = path.join(root, "node_modules", ".cache", "lambkin");
  mkdirSync(cache, { recursive: true });
  const dotnet = await installDotnet(cache, await installAwsClients(cache));
  process.env["DOTNET_ROOT"] = dotnet;
  const go = await buildGoProgram(cache, path.join(root, "test", "scenarios", "runtime-clients", "go"));
  const rust = path.join(await buildExamples(root, cache, ["csv-statistics"]), "csv-statistics");
  const assemblies = await buildDotnetFunctions(
    cache,
    path.join(root, "test", "runtimes", "dotnet-functions"),
    dotnet,
  );
  return [
    {
      name: "nodejs",
      runtimes: "nodejs24.x",
      handler: "index.handler",
      files: { "index.js": "exports.handler = async (event) => event;\n" },
      body: BODY,
    },
    {
      name: "python",
      runtimes: "python3",
      handler: "index.handler",
      files: { "index.py": "def handler(event, context):\n    return event\n" },
      body: BODY,
    },
    {
      name: "ruby",
      runtimes: "ruby",
      handler: "index.handler",
      files: { "index.rb": "def handler(event:, context:) = event\n" },
      body: BODY,
    },
    {
      name: "java",
      runtimes: "java",
      handler: "Echo::handle",
      files: {
        "Echo.class": javaClass(
          "Echo",
          "public class Echo { public java.util.Map<String, Object> handle(java.util.Map<String, Object> event) { return event; } }",
        ),
      },
      body: BODY,
    },
    {
      name: "dotnet",
      runtimes: "dotnet",
      handler: "Example.Functions::Example.Functions::Upper",
      files: filesIn(assemblies, (file) => !file.endsWith(".json") || file.startsWith("Example.Functions")),
      body: '"a text of about thirty letters"',
    },
    {
      name: "provided, Go",
      runtimes: "provided.al2023",
      handler: "bootstrap",
      files: { bootstrap: readFileSync(go) },
      body: BODY,
    },
    {
      name: "provided, Rust",
      runtimes: "provided.al2023",
      handler: "bootstrap",
      files: { bootstrap: readFileSync(path.join(rust, "target", "release", "bootstrap")) },
      body: '{"csv":"key1,key2\\nvalue1,2\\n"}',
    },
  ];
}

function javaClass(name: string, source: string): Uint8Array {
  const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
  const file = path.join(folder, `${name}.java`);
  writeFileSync(file, source);
  const { status, stderr } = spawnSync("javac", ["--release", "8", "-nowarn", file], { encoding: "utf8" });
  if (status !== 0) throw new Error(`javac could not compile ${name}: ${stderr}`);
  return readFileSync(path.join(folder, `${name}.class`));
}

function filesIn(folder: string, wanted: (file: string) => boolean): Record<string, Uint8Array> {
  const names = readdirSync(folder).filter(wanted);
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name))]));
}
