/** Runs sandboxes as whoever starts it and prints what they did, as JSON. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { drained, stopped, until } from "./observe.ts";
import { inside, openSandboxWorld, processesWith, sh, start } from "./world.ts";

const world = await openSandboxWorld();
const sandbox = await world.create({ memoryMiB: 128, ephemeralStorageMiB: 64 });
const user = await sh(sandbox, "id -u; cat greeting.txt; echo >/dev/stdout");
const write = await inside(sandbox, "write", "/var/x");
const host = await inside(sandbox, "read", world.program);
const calls = await inside(sandbox, "system-calls");
const own = String(process.pid);
const neighbour = {
  signal: (await inside(sandbox, "signal", own)).output,
  environ: (await inside(sandbox, "read", `/proc/${own}/environ`)).output,
  init: (await inside(sandbox, "intrude", "1")).output,
  control: (await inside(sandbox, "intrude-child")).output,
};
const controls = await promisify(execFile)(world.program, ["intrude", own]);
const small = await inside(sandbox, "allocate", "60");
const peakBytes = await sandbox.peakMemoryBytes();
// All that an ordinary user has is the poll, until which they keep it.
const large = await sh(
  sandbox,
  "i=0; while [ $((i+=1)) -le 12 ]; do /var/task/inside allocate 20 hold & done; wait",
);
await sandbox.killProcesses();
await sandbox.attach([{ source: world.code, target: "/opt" }]);
const attached = await sh(sandbox, "cat /opt/greeting.txt; (: >/opt/x) 2>/dev/null || echo read-only");
const fill = await inside(sandbox, "fill", "100", "/tmp/large");

const keeping = await start(sandbox, "/var/task/inside", "keep-on-their-way");
const onTheirWay = String((await once(keeping.output, "data"))[0]);
const beside = await world.create({ memoryMiB: 128, ephemeralStorageMiB: 64 });
const besideIt = await sh(beside, "echo alive");
await beside.destroy();
await sandbox.killProcesses();

const token = `counter-${own}`;
const counter = await start(sandbox, "/var/task/inside", "count", token);
let ticks = 0;
counter.output.on("data", (data) => (ticks += String(data).length / 5));
await until(() => ticks > 10);
const [counting = 0] = await processesWith(token);
await sandbox.freeze();
await until(() => stopped(counting));
await drained();
const frozenAt = ticks;
await delay(100);
const whileFrozen = ticks - frozenAt;
await sandbox.thaw();
await until(() => ticks > frozenAt);
await sandbox.killProcesses();
const killed = await counter.exited;
await sandbox.destroy();
const report = world.tier.report;
await world.close();
process.stdout.write(
  JSON.stringify({
    outsideUser: process.getuid?.(),
    ...{
      user,
      write,
      host,
      calls,
      small,
      peakBytes,
      large,
      fill,
      attached,
      neighbour,
      onTheirWay,
      besideIt,
      outside: controls.stdout,
      whileFrozen,
      killed,
      report,
    },
  }),
);
