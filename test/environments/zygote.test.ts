import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { poolLimits } from "../../src/base/index.ts";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";

/** How many environments are compared; more than one zygote makes. */
const FORKS = poolLimits.forksOfZygote + 8;

const PYTHON_DRAWS = `
import random, uuid, secrets, ssl, tempfile, os
draws = [random.random(), random.Random().random(), str(uuid.uuid4()), secrets.token_hex(), ssl.RAND_bytes(16).hex(),
         os.urandom(16).hex(), tempfile.mktemp(), __import__("_lambda_runtime.marshal").marshal._MARK]
def handler(event, context):
    with open("/proc/self/environ") as file:
        return {"forked": "_LAMBKIN_ZYGOTE" in file.read(), "draws": draws, "seed": hash("lambkin")}
`;

const RUBY_DRAWS = `
require "securerandom"
require "openssl"
require "tempfile"
$draws = [Random.rand, Random.seed.to_s, Random.new.rand, [*1..1000].shuffle.first(20).join, SecureRandom.hex,
          OpenSSL::Random.random_bytes(16).unpack1("H*"), Dir::Tmpname.create("x") {}]
def handler(event:, context:)
  { forked: File.read("/proc/self/environ").include?("_LAMBKIN_ZYGOTE"), draws: $draws, seed: "lambkin".hash.to_s }
end
`;

/** What the process itself is and may do; tried by system calls that no wrapper softens. */
const CONFINED = `
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
def attempt(call, *arguments):
    ctypes.set_errno(0)
    return "ok" if getattr(libc, call)(*arguments) >= 0 else os.strerror(ctypes.get_errno())
def status():
    kept = ("Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "Sig", "NSpid", "Umask")
    with open("/proc/self/status") as file:
        return [line.strip() for line in file if line.startswith(kept) and not line.startswith("SigQ")]
def spaces():
    return {name: os.readlink("/proc/self/ns/" + name) for name in sorted(os.listdir("/proc/self/ns"))}
own = os.open("/proc/self/ns/net", os.O_RDONLY)
def handler(event, context):
    with open("/proc/self/environ") as file:
        forked = "_LAMBKIN_ZYGOTE" in file.read()
    return {
        "forked": forked,
        "spaces": spaces(),
        "status": status(),
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")},
        "maps": [open("/proc/self/" + name).read().split()[::2] for name in ("uid_map", "gid_map")],
        "dumpable": libc.prctl(3, 0, 0, 0, 0),
        "processes": sorted(name for name in os.listdir("/proc") if name.isdigit()),
        "session": [os.getpid() == os.getsid(0), os.getppid()],
        "root": sorted(os.listdir("/")),
        "mounts": sorted(" ".join(line.split()[4:6]) for line in open("/proc/self/mountinfo")),
        "tried": {
            "unshare": attempt("unshare", 0x10000000), "setns": attempt("setns", own, 0),
            "mount": attempt("mount", b"none", b"/tmp", b"tmpfs", 0, None), "ptrace": attempt("ptrace", 16, 1, None, None),
            "chroot": attempt("chroot", b"/tmp"), "setuid": attempt("setuid", 0),
            "keyctl": attempt("syscall", 250, 0, -3, 0), "bpf": attempt("syscall", 321, 0, 0, 0),
            "raw": attempt("socket", 2, 3, 1), "vsock": attempt("socket", 40, 1, 0),
            "clone": attempt("syscall", 56, 0x10000000, 0, 0, 0, 0), "write": attempt("open", b"/x", 0o101),
        },
    }
`;

let world: EnvironmentWorld;
before(async () => {
  world = await openEnvironmentWorld({ tier: "namespaces", pooled: true });
});
after(() => world.close());

async function answerOf(runtime: string, files: Record<string, string>) {
  const running = await world.start({ runtime, files });
  const { json } = await running.invoke();
  return { json, running };
}

/** Answers of environments that came from zygotes, each of a function of its own. */
async function forked(runtime: string, files: Record<string, string>, count: number) {
  const answers: { draws: unknown[]; seed: unknown }[] = [];
  await eventually(
    async () => {
      const waiting = Math.max(1, Math.min(world.host.waiting(runtime), count - answers.length));
      await Promise.all(
        Array.from({ length: waiting }, async () => {
          const { json, running } = await answerOf(runtime, files);
          if (json.forked) answers.push(json);
          await running.environment.retire();
        }),
      );
      return answers.length >= count ? true : undefined;
    },
    { what: `${count} environments out of zygotes`, withinMs: 400_000 },
  );
  return answers;
}

for (const [runtime, files] of [
  ["python3.11", { "index.py": PYTHON_DRAWS }],
  ["ruby3.2", { "index.rb": RUBY_DRAWS }],
] as const) {
  test(`${runtime}: what is drawn in one of many forks is drawn in no other`, async () => {
    const answers = await forked(runtime, files, FORKS);
    for (const index of answers[0]?.draws.keys() ?? []) {
      const drawn = new Set(answers.map(({ draws }) => draws[index]));
      assert.equal(drawn.size, answers.length, `draw ${index}`);
    }
    // Alike in the forks of one zygote, which does not make many.
    const seeds = Map.groupBy(answers, ({ seed }) => seed);
    assert.ok(seeds.size > 1, "one zygote made them all");
    for (const [seed, alike] of seeds) assert.ok(alike.length <= poolLimits.forksOfZygote, String(seed));
  });
}

test("an interpreter that was forked is confined as one that was started", async () => {
  const runtime = "python3.12";
  const files = { "index.py": CONFINED };
  const { json: fresh } = await answerOf(runtime, files);
  assert.equal(fresh.forked, false);
  await eventually(() => (world.host.waiting(runtime) > 1 ? true : undefined), { what: "forks to wait" });
  const [one, other] = await Promise.all([answerOf(runtime, files), answerOf(runtime, files)]);
  for (const { json } of [one, other]) {
    const { spaces, forked: wasForked, ...rest } = json;
    const { spaces: freshSpaces, forked: _fresh, ...freshRest } = fresh;
    assert.equal(wasForked, true);
    assert.deepEqual(rest, freshRest);
    assert.deepEqual(Object.keys(spaces), Object.keys(freshSpaces));
  }
  for (const name of ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]) {
    const all = [fresh, one.json, other.json].map(({ spaces }) => spaces[name]);
    assert.equal(new Set(all).size, 3, `${name}: ${all.join()}`);
  }
  assert.match(fresh.status.join("\n"), /^NoNewPrivs:\t1$/m);
  assert.match(fresh.status.join("\n"), /^Seccomp:\t2$/m);
  assert.match(fresh.status.join("\n"), /^CapEff:\t0+$/m);
  for (const [call, outcome] of Object.entries(fresh.tried)) assert.notEqual(outcome, "ok", call);
});

test("forked environments are killed, crash and start afresh like others", async () => {
  const runtime = "python3.13";
  const source = `
import os
def handler(event, context):
    if event.get("exit"):
        os._exit(7)
    if event.get("eat"):
        bytearray(event["eat"])
    with open("/proc/self/environ") as file:
        return "_LAMBKIN_ZYGOTE" in file.read()
`;
  const options = { runtime, files: { "index.py": source }, memoryMiB: 128 };
  await (await world.start(options)).environment.retire();
  const forkWaits = () => (world.host.waiting(runtime) > 0 ? true : undefined);
  await eventually(forkWaits, { what: "a fork to wait" });
  const running = await world.start(options);
  assert.equal((await running.invoke()).json, true);
  assert.equal((await running.invoke({ exit: true })).outcome.errorType, "Runtime.ExitError");
  assert.equal((await running.invoke()).json, false);
  await eventually(forkWaits, { what: "a fork to wait" });
  const hungry = await world.start(options);
  assert.equal((await hungry.invoke()).json, true);
  const eaten = await hungry.invoke({ eat: 300_000_000 });
  assert.equal(eaten.outcome.errorType, "Runtime.OutOfMemory");
  await hungry.environment.retire();
});

test("a strict pool forks nothing", async () => {
  await using strict = await openEnvironmentWorld({ tier: "namespaces", pooled: "strict" });
  const options = { runtime: "python3.11", files: { "index.py": PYTHON_DRAWS } };
  const seeds = new Set([(await (await strict.start(options)).invoke()).json.seed]);
  for (let n = 0; n < 2; n += 1) {
    await eventually(() => (strict.host.waiting("python3.11") > 0 ? true : undefined), {
      what: "one to wait",
    });
    const { json } = await (await strict.start(options)).invoke();
    assert.equal(json.forked, false);
    seeds.add(json.seed);
  }
  assert.equal(seeds.size, 3);
});
