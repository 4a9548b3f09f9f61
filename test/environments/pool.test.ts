import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { javaPackage } from "../../testkit/java-functions.ts";

/** What a function can see of how its process was started. */
const NODE = `
const { readFileSync, readlinkSync, readdirSync } = require("node:fs");
const cached = Object.keys(require.cache).filter((path) => path.startsWith("/var/task"));
const random = [Math.random(), require("node:crypto").randomUUID()];
// With its first socket Node.js keeps another descriptor open for good.
const withSocket = () => new (require("node:net").Server)().listen(0).close();
exports.handler = async () => ({
  pooled: readFileSync("/proc/self/environ", "utf8").includes("_LAMBKIN_WAIT"),
  env: { ...process.env },
  cwd: process.cwd(),
  umask: process.umask(),
  argv: process.argv,
  execArgv: process.execArgv,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  offset: new Date().getTimezoneOffset(),
  paths: module.paths,
  globalPaths: require("node:module").globalPaths,
  descriptors: (withSocket(), readdirSync("/proc/self/fd").map((fd) => {
    try { return readlinkSync("/proc/self/fd/" + fd).replace(/\\d+/g, "N"); } catch { return undefined; }
  }).filter((target) => target !== undefined).sort()),
  heapMiB: require("node:v8").getHeapStatistics().heap_size_limit / 1048576,
  globals: Object.getOwnPropertyNames(globalThis).sort(),
  globalsOfContexts: require("node:vm").runInNewContext("Object.getOwnPropertyNames(globalThis)").sort(),
  siblings: (module.parent?.children ?? []).map(({ filename }) => filename),
  listeners: process.eventNames().map(String).sort(),
  modules: Object.keys(require.cache).map((path) => path).sort(),
  cached,
  random,
});
`;

const PYTHON = `
import os, sys, time, random, uuid, locale, ssl
umask = os.umask(0o22)
os.umask(umask)
seen = [random.random(), str(uuid.uuid4()), ssl.RAND_bytes(8).hex(), hash("lambkin")]
def handler(event, context):
    with open("/proc/self/environ") as file:
        pooled = "_LAMBKIN_WAIT" in file.read()
    return {
        "pooled": pooled,
        "env": dict(os.environ),
        "cwd": os.getcwd(),
        "umask": umask,
        "argv": [sys.argv, sys.orig_argv if hasattr(sys, "orig_argv") else None],
        "path": sys.path,
        "flags": str(sys.flags),
        "zone": [time.tzname, time.timezone],
        "encoding": [sys.getfilesystemencoding(), sys.stdout.encoding, locale.getpreferredencoding(False)],
        "descriptors": sorted(os.readlink("/proc/self/fd/" + fd).rstrip("]0123456789") for fd in os.listdir("/proc/self/fd") if os.path.islink("/proc/self/fd/" + fd)),
        "modules": sorted(sys.modules),
        "threads": sorted(os.listdir("/proc/self/task"))[1:],
        "signals": [line for line in open("/proc/self/status") if line[:3] in ("Sig", "Shd") and line[3:6] in ("Blk", "Ign", "Cgt")],
        "random": seen,
    }
`;

const RUBY = `
require "securerandom"
$seen = [Random.rand, SecureRandom.uuid, Random.new_seed.to_s, Random.seed.to_s]
def handler(event:, context:)
  {
    pooled: File.read("/proc/self/environ").include?("_LAMBKIN_WAIT"),
    env: ENV.to_h,
    cwd: Dir.pwd,
    umask: File.umask,
    argv: [$0, ARGV, $PROGRAM_NAME],
    path: $LOAD_PATH,
    gems: [Gem.path, Gem.loaded_specs.keys.sort, Gem::Specification.map(&:full_name).sort],
    zone: [Time.now.zone, Time.now.utc_offset],
    encoding: [Encoding.default_external, Encoding.default_internal, Encoding.find("locale")].map(&:to_s),
    descriptors: Dir.children("/proc/self/fd").map { |fd| File.readlink("/proc/self/fd/#{fd}").gsub(/\\d+/, "N") rescue nil }.compact.sort,
    features: $LOADED_FEATURES.sort,
    threads: Thread.list.size,
    signals: File.read("/proc/self/status").scan(/^(?:Sig|Shd)(?:Blk|Ign|Cgt).*$/),
    random: $seen,
  }
end
`;

const FAMILIES: readonly {
  readonly runtime: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly handler?: string;
}[] = [
  { runtime: "nodejs22.x", files: { "index.js": NODE } },
  { runtime: "nodejs24.x", files: { "index.js": NODE } },
  { runtime: "python3.11", files: { "index.py": PYTHON } },
  { runtime: "ruby3.2", files: { "index.rb": RUBY } },
  { runtime: "java17", files: javaPackage(), handler: "example.Seen::handle" },
];

let world: EnvironmentWorld;
before(async () => {
  world = await openEnvironmentWorld({ tier: "namespaces", pooled: true });
});
after(() => world.close());

function someWait(runtime: string): Promise<true> {
  return eventually(() => (world.host.waiting(runtime) > 0 ? true : undefined), {
    what: "a sandbox to wait",
  });
}

for (const { runtime, files, handler } of FAMILIES) {
  test(`${runtime}: a function finds in a pooled process what it finds in a fresh one`, async () => {
    const options = {
      runtime,
      files,
      ...(handler === undefined ? {} : { handler }),
      functionName: "seen",
      memoryMiB: 256,
      environment: { GREETING: "hé=llo\n", NODE_ENV: "x" },
    };
    const { json: fresh } = await (await world.start(options)).invoke();
    assert.equal(fresh.pooled, false);
    await someWait(runtime);
    const started = await world.start({ ...options, functionName: "seen" });
    const { json: pooled } = await started.invoke();
    assert.equal(pooled.pooled, true);
    for (const value of pooled.random) assert.ok(!fresh.random.includes(value), `${value} twice`);
    const stable = ({ random: _random, pooled: _pooled, env, ...rest }: Record<string, object>) => {
      const own = ["AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_METADATA_TOKEN"];
      return {
        ...rest,
        env: Object.fromEntries(Object.entries(env ?? {}).filter(([name]) => !own.includes(name))),
      };
    };
    assert.deepEqual(stable(pooled), stable(fresh));
    const lines = started.log().filter((line) => !line.startsWith("LAMBDA_WARNING:"));
    const kinds = lines.map((line) => line.split(/[ \t]/)[0]);
    assert.deepEqual(kinds.slice(-4), ["INIT_START", "START", "END", "REPORT"]);
    assert.match(started.log().at(-1) ?? "", /\tInit Duration: [\d.]+ ms\t\n$/);
  });
}

test("in a pooled sandbox layers are there, the channel is not, a crash starts afresh, and logs have the format", async () => {
  const runtime = "nodejs22.x";
  const files = {
    "index.js": `
const { readFileSync } = require("node:fs");
const http = require("node:http");
const layered = require("layered");
const ask = (path) => new Promise((resolve) => {
  http.get("http://" + process.env.AWS_LAMBDA_RUNTIME_API + path, (answer) => {
    answer.resume().on("end", () => resolve(answer.statusCode));
  });
});
console.log("loaded");
exports.handler = async (event) => {
  if (event.exit) process.exit(7);
  return {
    layered,
    asked: await ask("/lambkin/assignment"),
    pooled: readFileSync("/proc/self/environ", "utf8").includes("_LAMBKIN_WAIT"),
  };
};`,
  };
  const options = {
    runtime,
    files,
    memoryMiB: 256,
    layer: { "nodejs/node_modules/layered/index.js": "module.exports = 'from the layer';" },
    settings: { logFormat: "JSON" as const },
  };
  await world.start({ ...options, layer: {}, files: { "index.js": "exports.handler = async () => 1;" } });
  await someWait(runtime);
  const running = await world.start(options);
  const expected = { layered: "from the layer", asked: 404 };
  assert.deepEqual((await running.invoke()).json, { ...expected, pooled: true });
  const loaded = running
    .log()
    .map((line) => JSON.parse(line))
    .find(({ message }) => message === "loaded");
  assert.equal(loaded?.level, "INFO");
  const crashed = await running.invoke({ exit: true });
  assert.equal(crashed.outcome.errorType, "Runtime.ExitError");
  assert.deepEqual((await running.invoke()).json, { ...expected, pooled: false });
});

test("50 MB of live heap under 128 MB survive, in a fresh process as in a pooled one", async () => {
  const runtime = "nodejs24.x";
  const files = {
    "index.js": `
const { readFileSync } = require("node:fs");
let kept = [];
exports.handler = async ({ objects }) => {
  kept = [];
  for (let n = 0; n < objects; n += 1) kept.push({ n, at: new Date(n), tags: ["a", String(n)] });
  return {
    heapMiB: process.memoryUsage().heapUsed / 1048576,
    pooled: readFileSync("/proc/self/environ", "utf8").includes("_LAMBKIN_WAIT"),
  };
};`,
  };
  const options = { runtime, files, memoryMiB: 128, timeoutMs: 300_000 };
  const fresh = await world.start(options);
  const pooled = await eventually(
    async () => {
      const running = await world.start(options);
      if ((await running.invoke({ objects: 0 })).json.pooled) return running;
      await running.environment.retire();
      return undefined;
    },
    { what: "a sandbox of this size to wait" },
  );
  const answers = await Promise.all(
    [fresh, pooled].map(async (running) => {
      const each: { readonly heapMiB: number; readonly pooled: boolean }[] = [];
      for (let round = 0; round < 2; round += 1) each.push((await running.invoke({ objects: 200_000 })).json);
      return each;
    }),
  );
  assert.deepEqual(
    answers.map((each) => each.map((answer) => answer.pooled)),
    [Array(2).fill(false), Array(2).fill(true)],
  );
  for (const { heapMiB } of answers.flat()) assert.ok(heapMiB > 45, `${heapMiB} MiB`);
});
