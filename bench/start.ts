import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Bench, percentile } from "./figure.ts";

const ROUNDS = 9;
/** Longer than what the server does after it is ready. */
const SETTLE_MS = 1_500;

const root = path.join(import.meta.dirname, "..");

interface Sample {
  readonly readyMs: number;
  readonly idleMiB: number;
}

/** From spawning a process to its first line, and its resident memory when it has come to rest. */
async function measure(args: readonly string[]): Promise<Sample> {
  const started = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await Promise.race([
    once(child.stdout, "data"),
    exited.then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
  ]);
  const readyMs = performance.now() - started;
  child.stdout.resume();
  await delay(SETTLE_MS);
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const idleMiB = Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024;
  child.kill("SIGTERM");
  await exited;
  return { readyMs, idleMiB };
}

/** The package as people install it. */
function install(folder: string): string {
  const npm = (cwd: string, ...args: string[]) => {
    const { status, stderr } = spawnSync("npm", args, { cwd, encoding: "utf8" });
    if (status !== 0) throw new Error(`npm ${args[0]} failed: ${stderr}`);
  };
  npm(root, "pack", "--pack-destination", folder);
  const user = path.join(folder, "user");
  mkdirSync(user);
  writeFileSync(path.join(user, "package.json"), "{}\n");
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    version: string;
  };
  npm(user, "install", "--no-audit", "--no-fund", path.join(folder, `lambkin-${version}.tgz`));
  return path.join(user, "node_modules", "lambkin", "bin", "lambkin.cjs");
}

/** The packed command from spawn to its ready line, and at rest, against a bare HTTP server on the same Node.js. */
export const start: Bench = {
  name: "start",
  conditions: `the packed build, medians of ${ROUNDS} starts after one that fills the compile cache`,
  async run() {
    const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-bench-"));
    try {
      const command = install(folder);
      const bare = path.join(folder, "bare.mjs");
      writeFileSync(
        bare,
        'import { createServer } from "node:http";\ncreateServer().listen(0, "127.0.0.1", () => console.log("ready"));\n' +
          'process.on("SIGTERM", () => process.exit(0));\n',
      );
      const ours: Sample[] = [];
      const theirs: Sample[] = [];
      const lambkin = [command, "start", "--ephemeral", "--port", "0", "--json"];
      await measure(lambkin);
      for (let round = 0; round < ROUNDS; round += 1) {
        theirs.push(await measure([bare]));
        ours.push(await measure(lambkin));
      }
      const median = (samples: readonly Sample[], figure: keyof Sample) =>
        percentile(
          samples.map((sample) => sample[figure]),
          0.5,
        );
      return [
        {
          name: "spawn to ready",
          unit: "ms",
          value: median(ours, "readyMs"),
          baseline: { name: "bare node:http", value: median(theirs, "readyMs") },
        },
        {
          name: "resident memory at rest",
          unit: "MiB",
          value: median(ours, "idleMiB"),
          baseline: { name: "bare node:http", value: median(theirs, "idleMiB") },
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
