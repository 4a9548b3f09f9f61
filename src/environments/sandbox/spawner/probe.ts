import { createInterface } from "node:readline";
import type { SandboxTier } from "../interfaces.ts";

const MEMORY_MIB = 128;
const STORAGE_MIB = 512;

/** What must be printed before `ready`, and nothing else. */
const EXPECTED = ["user 993:990", "tmp is writable"];

/** Prints what it finds; each line that is not expected is a wall that does not hold. */
const SCRIPT = [
  'echo "user $(id -u):$(id -g)"',
  "(: >/tmp/probe) 2>/dev/null && echo tmp is writable",
  "(: >/var/probe) 2>/dev/null && echo root is writable",
  '[ -e "$1" ] && echo host files are visible',
  "[ -e /proc/$PPID/environ ] && [ $PPID != 1 ] && echo host processes are visible",
  "echo ready",
  "exec sleep 60",
].join("\n");

/**
 * Runs one sandbox through its whole life. That a kernel has namespaces tells little: containers, security modules
 * and settings of the distribution may each refuse a part, so only having done it counts. Rejects with what failed.
 */
export async function probeTier(tier: SandboxTier, hostPath: string): Promise<void> {
  const sandbox = await tier.create(
    { id: "probe", memoryMiB: MEMORY_MIB, ephemeralStorageMiB: STORAGE_MIB, mounts: [] },
    { onRuntimeApi: (socket) => socket.destroy(), onEndpoint: (socket) => socket.destroy() },
  );
  try {
    const process = await sandbox.start({
      command: ["/bin/sh", "-c", SCRIPT, "probe", hostPath],
      environment: { PATH: "/usr/bin:/bin" },
      workingDirectory: "/var/task",
    });
    const seen: string[] = [];
    for await (const line of createInterface({ input: process.output })) {
      if (line === "ready") break;
      seen.push(line);
    }
    const wrong = [
      ...seen.filter((line) => !EXPECTED.includes(line)),
      ...EXPECTED.filter((line) => !seen.includes(line)).map((line) => `not: ${line}`),
    ];
    if (wrong.length > 0) throw new Error(`the probe found: ${wrong.join(", ")}`);
    await sandbox.limitCpu(true);
    await sandbox.freeze();
    await sandbox.thaw();
    if ((await sandbox.peakMemoryBytes()) === 0) throw new Error("the memory of a sandbox can't be read");
    await sandbox.killProcesses();
    const exit = await process.exited;
    if (exit.signal !== "SIGKILL") throw new Error("the processes of a sandbox can't be killed");
  } finally {
    await sandbox.destroy();
  }
}
