import { readFileSync } from "node:fs";
import path from "node:path";
import { buildGoProgram } from "../scripts/setup/runtime-clients.ts";
import { findRuntimes, type Runtime } from "../src/runtimes/index.ts";
import { servedRuntime } from "./served-runtime.ts";

/** Functions of one language that answer with what their own init took (`initMs`), who they are and how often they served. */
export interface PooledFamily {
  readonly runtime: string;
  readonly handler: string;
  readonly file: string;
  readonly source: string | Uint8Array;
  /** Whether something can stand behind the source that makes it another one. */
  readonly comment: string | undefined;
  /** Commands of the interpreter alone; undefined for what brings its own. */
  readonly bare: BareInterpreter | undefined;
  /** Whether its environments are forked from one, and counted with it. */
  readonly waits: "interpreter" | "cell";
}

type Command = readonly [string, ...string[]];

export interface BareInterpreter {
  /** With nothing to do. */
  readonly idle: Command;
  /** The same once it has loaded and called what the function's own init does. */
  readonly loaded: Command;
}

const NODE = `
const begun = process.hrtime.bigint();
const { createHash, randomUUID } = require("node:crypto");
const digest = createHash("sha256").update(require("node:fs").readFileSync(__filename)).digest("hex");
const id = randomUUID();
let served = 0;
const initMs = Number(process.hrtime.bigint() - begun) / 1e6;
exports.handler = async (event) => {
  if (event.waitMs) await new Promise((resolve) => setTimeout(resolve, event.waitMs));
  return { initMs, digest, id, served: ++served };
};
`;

const PYTHON = `
import time
begun = time.perf_counter()
import hashlib, uuid
with open(__file__, "rb") as file:
    digest = hashlib.sha256(file.read()).hexdigest()
id, served = str(uuid.uuid4()), 0
init_ms = (time.perf_counter() - begun) * 1000
def handler(event, context):
    global served
    served += 1
    time.sleep(event.get("waitMs", 0) / 1000)
    return {"initMs": init_ms, "digest": digest, "id": id, "served": served}
`;

const RUBY = `
BEGUN = Process.clock_gettime(Process::CLOCK_MONOTONIC)
require "digest"
require "securerandom"
DIGEST = Digest::SHA256.hexdigest(File.read(__FILE__))
ID = SecureRandom.uuid
INIT_MS = (Process.clock_gettime(Process::CLOCK_MONOTONIC) - BEGUN) * 1000
$served = 0
def handler(event:, context:)
  sleep(event.fetch("waitMs", 0) / 1000.0)
  { initMs: INIT_MS, digest: DIGEST, id: ID, served: $served += 1 }
end
`;

/** Those whose first invocation a pool is to shorten. */
export async function pooledFamilies(): Promise<readonly PooledFamily[]> {
  const catalog = await findRuntimes();
  const cache = path.join(import.meta.dirname, "..", "node_modules", ".cache", "lambkin");
  const executable = await buildGoProgram(cache, path.join(import.meta.dirname, "first-answer-function"));
  const [python, ruby] = [servedRuntime(catalog, "python3"), servedRuntime(catalog, "ruby")];
  const interpreted = { handler: "index.handler", waits: "interpreter" } as const;
  return [
    {
      ...interpreted,
      runtime: "nodejs24.x",
      file: "index.js",
      source: NODE,
      comment: "//",
      bare: bareInterpreter(
        [process.execPath, "-e"],
        "setInterval(() => {}, 1e6)",
        'const { createHash, randomUUID } = require("node:crypto"); createHash("sha256").digest("hex"); randomUUID();',
      ),
    },
    {
      ...interpreted,
      runtime: python.identifier,
      file: "index.py",
      source: PYTHON,
      comment: "#",
      bare: bareInterpreter(
        [programOf(python), "-c"],
        "import time; time.sleep(1e6)",
        "import hashlib, uuid; hashlib.sha256(b'').hexdigest(); uuid.uuid4();",
      ),
    },
    {
      ...interpreted,
      runtime: ruby.identifier,
      file: "index.rb",
      source: RUBY,
      comment: "#",
      bare: bareInterpreter(
        [programOf(ruby), "-e"],
        "sleep 1e6",
        'require "digest"; require "securerandom"; Digest::SHA256.hexdigest(""); SecureRandom.uuid;',
      ),
    },
    {
      runtime: "provided.al2023",
      handler: "bootstrap",
      file: "bootstrap",
      source: readFileSync(executable),
      comment: undefined,
      bare: undefined,
      waits: "cell",
    },
  ];
}

function bareInterpreter(run: Command, sleep: string, load: string): BareInterpreter {
  return { idle: [...run, sleep], loaded: [...run, `${load} ${sleep}`] };
}

function programOf({ identifier, interpreter }: Runtime): string {
  if (interpreter === undefined) throw new Error(`${identifier} has no interpreter`);
  return interpreter.program;
}

export function packageOf({ file, source, comment }: PooledFamily, name: string) {
  // Distinct code, so that nothing of one function's package serves another.
  return comment === undefined
    ? { [file]: source, "unique.txt": name }
    : { [file]: `${String(source)}\n${comment} ${name}\n` };
}
