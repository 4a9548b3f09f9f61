/**
 * Opens a tier on the test network's host, says so in JSON and lives on until its input ends. With the argument
 * `reach` it tells before what functions reach from there. Its resolver is the test network's.
 */
import { once } from "node:events";
import { FAR, HOST, METADATA } from "./test-network.ts";
import { inside, openSandboxWorld, sh, start } from "./world.ts";

const world = await openSandboxWorld({ egress: true });
const observed = process.argv[2] === "reach" ? await observe() : {};
process.stdout.write(`${JSON.stringify(observed)}\n`);
process.stdin.resume();
await once(process.stdin, "end");
await world.close();

async function observe(): Promise<object> {
  const [sandbox, neighbour] = await Promise.all([world.create(), world.create()]);
  const reach = async (host: string, port: number, from = sandbox) =>
    (await inside(from, "reach", host, String(port))).output.trim();
  const listening = await start(neighbour, "/var/task/inside", "serve", "8000");
  await once(listening.output, "data");
  const listening6 = await start(neighbour, "/var/task/inside", "serve", "8006", "::");
  await once(listening6.output, "data");
  const neighbourAddress = (await sh(neighbour, "hostname -I")).output.trim();
  const router = (await sh(sandbox, "ip route show default")).output.split(" ")[2];
  const attempts = {
    far: reach(FAR, 80),
    named: sh(sandbox, "getent ahostsv4 far.test | cut -d' ' -f1 | sort -u").then(({ output }) =>
      output.trim(),
    ),
    host: reach(HOST, 7001),
    hostLink: reach("169.254.32.1", 7001),
    slirpHost: reach("10.0.2.2", 7001),
    loopback: reach("127.0.0.1", 7001),
    metadata: reach(METADATA, 80),
    smtp: reach(FAR, 25),
    neighbour: reach(neighbourAddress, 8000),
    addresses6: sh(sandbox, "ip -6 -oneline address show").then(({ output }) => output.trim()),
    loopback6: reach("::1", 8006, neighbour),
    far6: reach("2001:db8::10", 80),
    neighbourItself: reach(neighbourAddress, 8000, neighbour),
  };
  const entries = Object.entries(attempts).map(async ([name, attempt]) => [name, await attempt] as const);
  const reached = Object.fromEntries(await Promise.all(entries));
  return {
    ...reached,
    neighbourAddress,
    router,
    report: world.tier.report.limits.find(({ name }) => name === "internet egress"),
  };
}
