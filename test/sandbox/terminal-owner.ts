/**
 * A server in small that somebody started at a terminal: has a sandbox look for terminals and says what it found.
 * Arguments: who forks the sandbox, or `process` for the tier of plain processes.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isatty } from "node:tty";
import { silentLog, systemClock } from "../../src/base/index.ts";
import { openProcessTier } from "../../src/environments/sandbox/process/process-tier.ts";
import { outputOf } from "./observe.ts";
import { compileInside, ORIGINS, openSandboxWorld, sh } from "./world.ts";

const origin = ORIGINS.find((each) => each === process.argv[2]);
const world = await openSandboxWorld(origin === undefined ? {} : { origin });
await compileInside(join(world.code, "attacks"), "attacks.c");
const say = (text: string) => process.stdout.write(`${text}\n`);
say(`server ${[0, 1, 2].every((fd) => isatty(fd)) ? "at-terminal" : "elsewhere"}`);
if (origin !== undefined) {
  const sandbox = await world.create();
  say((await sh(sandbox, "/var/task/attacks terminals")).output);
  await sandbox.destroy();
} else {
  const stateDirectory = join(world.directory, "plain");
  await mkdir(stateDirectory);
  const tier = await openProcessTier({ stateDirectory, clock: systemClock, log: silentLog });
  const sandbox = await tier.create(
    {
      id: "plain",
      memoryMiB: 128,
      ephemeralStorageMiB: 512,
      mounts: [{ source: world.code, target: "/var/task" }],
    },
    { onRuntimeApi: (socket) => socket.destroy(), onEndpoint: (socket) => socket.destroy() },
  );
  // Variables, unlike commands, are translated into paths of the host.
  const environment = { PATH: "/usr/bin:/bin", PROGRAM: "/var/task/attacks" };
  const command = ["/bin/sh", "-c", '"$PROGRAM" terminals'] as const;
  say(await outputOf(await sandbox.start({ command, environment, workingDirectory: "/" })));
  await tier.close();
}
await world.close();
