import path from "node:path";
import { buildGvisor } from "../scripts/setup/gvisor.ts";
import { serveByClients } from "./clients.ts";
import type { Part } from "./part.ts";
import { tryEveryRuntime } from "./runtimes.ts";
import { runTestFiles } from "./test-files.ts";

/** Tests of the usual tiers that hold in this one as they are; see testkit/tested-tier.ts. */
const USUAL = [
  "test/sandbox/network.test.ts",
  "test/environments/lifecycle.test.ts",
  "test/environments/extensions.test.ts",
  "test/environments/telemetry.test.ts",
  "test/environments/streamed-response.test.ts",
  "test/environments/framed-logs.test.ts",
  "test/runtimes/nodejs.test.ts",
  "test/runtimes/python.test.ts",
  "test/runtimes/ruby.test.ts",
  "test/runtimes/java.test.ts",
  "test/runtimes/dotnet.test.ts",
  "test/runtimes/variables.test.ts",
  "test/scenarios/runtime-clients.test.ts",
];

const OWN = ["verify/gvisor/walls.test.ts", "verify/gvisor/limits.test.ts"];

export const gvisor: Part = {
  name: "gvisor",
  what: "functions run in gVisor as in the usual tier, and hostile ones get no further",
  minutes: 8,
  async run(context) {
    const { say } = context;
    const cache = path.join(import.meta.dirname, "..", "node_modules", ".cache", "lambkin");
    // Not among the settings that a failure names, because it is of this machine.
    process.env["PATH"] = [buildGvisor(cache), process.env["PATH"]].join(path.delimiter);
    let passed = 0;
    for (const file of [...OWN, ...USUAL]) {
      const result = await runTestFiles([file], { LAMBKIN_TIER: "gvisor" });
      passed += result.passed;
      say(`${file}: ${result.passed} passed`);
    }
    await serveByClients("gvisor", say);
    const identifiers = await tryEveryRuntime(context, ["--isolation", "gvisor"]);
    return `${passed} tests of ${OWN.length + USUAL.length} files, AWS's clients for Node.js and Rust, and all runtime identifiers: ${identifiers}`;
  },
};
