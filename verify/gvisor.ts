import path from "node:path";
import { buildGvisor } from "../scripts/setup/gvisor.ts";
import { serveByClients } from "./clients.ts";
import type { Part, PartContext } from "./part.ts";
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
  async run({ minutes, say, table }) {
    const cache = path.join(import.meta.dirname, "..", "node_modules", ".cache", "lambkin");
    // Not among the settings that a failure names, because it is of this machine.
    process.env["PATH"] = [await buildGvisor(cache), process.env["PATH"]].join(path.delimiter);
    const rows: (readonly [string, string])[] = [];
    const failures: string[] = [];
    const attempt = async (what: string, run: () => Promise<string>): Promise<void> => {
      const result = await run().catch((error: Error) => {
        failures.push(error.stack ?? error.message);
        return "**failed**";
      });
      rows.push([what, result]);
      say(`${what}: ${result}`);
    };
    for (const file of [...OWN, ...USUAL])
      await attempt(file, async () => {
        const { passed } = await runTestFiles([file], { LAMBKIN_TIER: "gvisor" });
        return `${passed} passed`;
      });
    await attempt("AWS's clients for Node.js and Rust", () => serveByClients("gvisor", say));
    const identifiers: PartContext = { minutes, say, table: () => undefined };
    await attempt("every runtime identifier", () => tryEveryRuntime(identifiers, ["--isolation", "gvisor"]));
    table(["what", "result"], rows);
    const failed = rows.filter(([, result]) => result === "**failed**").map(([what]) => what);
    if (failed.length > 0) throw new Error([`failed: ${failed.join(", ")}`, ...failures].join("\n"));
    return `${OWN.length + USUAL.length} files, AWS's runtime clients, and a function of every runtime identifier`;
  },
};
