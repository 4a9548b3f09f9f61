import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { it } from "node:test";
import { developmentLimits, silentLog } from "../../src/base/index.ts";
import { DebugSession } from "../../src/environments/debugging/debug-session.ts";
import { openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

it("an environment counts as debugged as long as somebody is attached to it, and it alone", async () => {
  await using world = await openEnvironmentWorld({ tier: "namespaces" });
  const files = { "index.js": "exports.handler = async (event) => event;" };
  const functionName = "debugged";
  const functionArn = `arn:aws:lambda:us-east-1:123456789012:function:${functionName}`;
  const session = await world.host.debug({ functionArn, runtime: "nodejs22.x" }, 0);
  const [running, other] = await Promise.all([
    world.start({ runtime: "nodejs22.x", files, functionName }),
    world.start({ runtime: "nodejs22.x", files }),
  ]);
  const is = (debugged: boolean) =>
    eventually(() => running.environment.debugged === debugged || undefined, {
      what: debugged ? "the debugger" : "its end",
    });
  assert.equal(running.environment.debugged, false);
  const socket = connect(session.port, "127.0.0.1");
  await once(socket, "connect");
  await is(true);
  assert.equal(other.environment.debugged, false);
  assert.equal((await running.invoke(1)).json, 1);
  assert.equal(running.environment.debugged, true);
  socket.destroy();
  await is(false);
  await session.end();
});

it("no time passes for a function while a debugger waits to be let in, however slow its start", async () => {
  const clock = new SimulatedClock();
  const session = await DebugSession.open(0, clock, silentLog);
  const began = session.clock.monotonicMs();
  const socket = connect(session.port, "127.0.0.1");
  const closed = once(socket.resume(), "close");
  await eventually(() => session.attached || undefined, { what: "the debugger" });
  await clock.advance(developmentLimits.attachMs / 2);
  assert.equal(session.clock.monotonicMs(), began);
  // Nothing ever listens.
  await clock.advance(developmentLimits.attachMs);
  await closed;
  await eventually(() => !session.attached || undefined, { what: "its end" });
  const resumed = session.clock.monotonicMs();
  await clock.advance(1_000);
  assert.equal(session.clock.monotonicMs() - resumed, 1_000);
  await session.close();
});
