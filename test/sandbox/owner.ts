/**
 * A server in small, to be killed: opens a tier, runs one busy and one frozen sandbox, and tells when both are up.
 * Arguments: cache directory, state directory, a token for the command lines.
 */
import { once } from "node:events";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { openSandboxTier } from "../../src/environments/sandbox/index.ts";
import { TESTED_TIER } from "../../testkit/tested-tier.ts";

const [cacheDirectory = "", stateDirectory = "", token = ""] = process.argv.slice(2);
const tier = await openSandboxTier({
  cacheDirectory,
  stateDirectory,
  endpointPort: 4566,
  clock: systemClock,
  log: silentLog,
  prefer: TESTED_TIER,
});
for (const id of ["busy", "frozen"]) {
  const sandbox = await tier.create(
    { id, memoryMiB: 128, ephemeralStorageMiB: 512, mounts: [] },
    { onRuntimeApi: (socket) => socket.destroy(), onEndpoint: (socket) => socket.destroy() },
  );
  const running = await sandbox.start({
    command: [
      "/bin/sh",
      "-c",
      `setsid sh -c 'sleep 900; : ${token}' & echo up; while :; do :; done; : ${token}`,
    ],
    environment: { PATH: "/usr/bin:/bin" },
    workingDirectory: "/tmp",
  });
  await once(running.output, "data");
  if (id === "frozen") await sandbox.freeze();
}
const user = process.getuid?.();
process.stdout.write(`${JSON.stringify({ tier: tier.name, user, report: tier.report.limits })}\n`);
// Stands for the work of a server.
setInterval(() => undefined, 1_000);
