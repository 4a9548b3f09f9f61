import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createLog } from "../../src/base/index.ts";
import {
  type EnvironmentWorld,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { EXTENSION_PROGRAM, saidByExtensions } from "../../testkit/extension-program.ts";
import { SkippingClock } from "../../testkit/skipping-clock.ts";
import { StretchedClock } from "../../testkit/stretched-clock.ts";
import { TESTED_TIER } from "../../testkit/tested-tier.ts";

/** Prints when it is asked to leave, does not, and prints on until it is killed. */
const STUBBORN = `
import http from "node:http";
const tell = (what) => process.stdout.write("runtime " + JSON.stringify(what) + "\\n");
process.on("SIGTERM", () => {
  tell({ asked: Date.now() });
  setInterval(() => tell({ tick: Date.now() }), 25);
});
if (process.env.INTERNAL !== undefined) {
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
  const path = "/2020-01-01/extension/";
  const call = (method, target, headers, body) => new Promise((resolve) => {
    http.request({ host, port, method, path: path + target, headers }, (answer) => answer.resume().on("end", () => resolve(answer.headers))).end(body);
  });
  const { "lambda-extension-identifier": id } = await call("POST", "register", { "Lambda-Extension-Name": "internal" }, '{"events":[]}');
  void call("GET", "event/next", { "Lambda-Extension-Identifier": id });
}
export const handler = async (event) => {
  if (event.do === "hang") {
    tell({ hangs: true });
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  }
  if (event.do === "exit") process.exit(1);
  return event;
};`;

/** How much later than at its time something may be seen here; what nobody ends goes on for longer. */
const LATE_MS = 2_500;
const EXTERNAL_MS = 2_000;
const INTERNAL_MS = 500;
const RUNTIME_SHARE = 0.3;

const clock = new StretchedClock(4);

describe("the end of an environment", { concurrency: 4 }, () => {
  let world: EnvironmentWorld;
  const serverLog: string[] = [];
  const log = createLog({ level: "info", format: "json", write: (line) => serverLog.push(line) });
  before(async () => {
    world = await openEnvironmentWorld({ tier: TESTED_TIER, log, clock });
  });
  after(() => world.close());

  function start(
    extensions: Readonly<Record<string, object>>,
    options: { readonly environment?: Readonly<Record<string, string>> } = {},
    into = world,
  ): Promise<RunningFunction> {
    const files = Object.keys(extensions).map((name) => [`extensions/${name}`, EXTENSION_PROGRAM]);
    return into.start({
      runtime: "nodejs22.x",
      files: { "index.mjs": STUBBORN },
      ...(files.length === 0 ? {} : { layer: Object.fromEntries(files) as Record<string, string> }),
      ...options,
      environment: { EXTENSION: JSON.stringify(extensions), ...options.environment },
    });
  }

  const said = (running: RunningFunction, name: string) => saidByExtensions(running.log(), name);
  const lastTick = (all: readonly any[]) => clock.at(Math.max(...all.map(({ tick = 0 }) => tick as number)));
  const notLeft = ({ environment }: RunningFunction) =>
    serverLog
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line["event"] === "extension did not shut down")
      .filter((line) => line["environment"] === environment.id)
      .map(({ extension, state, how }) => ({ extension, state, how }));

  /** Who is asked when, and killed when, from the first word to the end of the time. */
  function assertSequence(running: RunningFunction, reason: string): void {
    const runtime = said(running, "runtime");
    const asked = runtime.find(({ asked: at }) => at !== undefined);
    const stubborn = said(running, "stubborn");
    const at = stubborn.findIndex(({ event }) => event?.eventType === "SHUTDOWN");
    const { event } = stubborn[at];
    assert.equal(event.shutdownReason, reason);
    const began = event.deadlineMs - EXTERNAL_MS;
    assert.ok(clock.at(asked.asked) >= began, "the runtime is asked first");
    // The runtime had its share of the time, and was dead before extensions heard of the end.
    const runtimeEnd = began + EXTERNAL_MS * RUNTIME_SHARE;
    const heardBefore = clock.at(stubborn[at + 1].tick as number);
    assert.ok(lastTick(runtime) < runtimeEnd + LATE_MS, `${lastTick(runtime) - began} ms`);
    assert.ok(lastTick(runtime) <= heardBefore, "it is dead by then");
    assert.ok(heardBefore >= runtimeEnd, `${heardBefore - began} ms`);
    // Who did not ask to hear of it is gone at once, who did has until the deadline.
    assert.ok(lastTick(said(running, "uninterested")) < event.deadlineMs - 200);
    assert.ok(lastTick(stubborn) < event.deadlineMs + LATE_MS, `${lastTick(stubborn) - began} ms`);
    assert.deepEqual(said(running, "prompt").at(-1), { left: true });
    assert.deepEqual(notLeft(running), [
      { extension: "failing", state: "ShutdownFailed", how: "exit status 4" },
      { extension: "stubborn", state: "ShutdownFailed", how: "it was still running at its deadline" },
    ]);
  }

  const EXTENSIONS = {
    failing: { leavesWith: 4 },
    prompt: {},
    stubborn: { ticks: true, lingersMs: 60_000 },
    uninterested: { ticks: true, events: ["INVOKE"] },
  };

  it("gives external extensions two seconds, and the runtime the first third of them", async () => {
    const running = await start(EXTENSIONS);
    await running.invoke({});
    await running.environment.retire();
    assert.equal(await running.gone, undefined);
    assertSequence(running, "spindown");
  });

  it("gives them as long in a reset, for a time-out and for a failure", async () => {
    await Promise.all(
      (["hang", "exit"] as const).map(async (what) => {
        const skips = new SkippingClock(clock);
        await using skipping = await openEnvironmentWorld({ tier: TESTED_TIER, log, clock: skips });
        const running = await start(EXTENSIONS, {}, skipping);
        const began = skips.monotonicMs();
        let answered = began;
        const invoked = running.invoke({ do: what }, { onAnswer: () => (answered = skips.monotonicMs()) });
        const hangs = () => said(running, "runtime").some(({ hangs: does }) => does);
        if (what === "hang") {
          await eventually(() => hangs() || undefined, { what: "its beginning" });
          skips.skip(running.spec.timeoutMs);
        }
        const { outcome, answeredEarly } = await invoked;
        assert.equal(answeredEarly, true, "its caller does not wait for that");
        assert.ok(outcome.durationMs <= answered - began, `${outcome.durationMs} ms: nor is it billed`);
        if (what === "hang") assertSequence(running, "timeout");
        const [shutdown] = said(running, "stubborn").filter(({ event }) => event?.eventType === "SHUTDOWN");
        assert.equal(shutdown.event.shutdownReason, what === "hang" ? "timeout" : "failure");
        assert.ok(notLeft(running).some(({ how }) => how === "it was still running at its deadline"));
        await running.environment.retire();
      }),
    );
  });

  it("gives a runtime with internal extensions its share of half a second", async () => {
    // On a busy machine it may get no turn in so little time.
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const running = await start({}, { environment: { INTERNAL: "1" } });
      await running.invoke({});
      const began = clock.monotonicMs();
      await running.environment.retire();
      const tookMs = clock.monotonicMs() - began;
      const [asked, ...ticks] = said(running, "runtime");
      assert.ok(tookMs >= INTERNAL_MS * RUNTIME_SHARE, `${tookMs} ms`);
      if (asked === undefined) continue;
      assert.ok(lastTick([{ tick: asked.asked }, ...ticks]) - clock.at(asked.asked) < EXTERNAL_MS);
      return;
    }
    assert.fail("the runtime was never asked to leave");
  });

  it("asks nobody where there are no extensions", async () => {
    const running = await start({});
    await running.invoke({});
    await running.environment.retire();
    assert.deepEqual(said(running, "runtime"), []);
  });

  it("comes to all environments of a host at once", async () => {
    await using other = await openEnvironmentWorld({ tier: TESTED_TIER, log, clock });
    const lingering = { lingering: { lingersMs: 60_000, ticks: true } };
    const all = await Promise.all(
      [1, 2, 3].map(() =>
        other.start({
          runtime: "nodejs22.x",
          files: { "index.mjs": STUBBORN },
          layer: { "extensions/lingering": EXTENSION_PROGRAM },
          environment: { EXTENSION: JSON.stringify(lingering) },
        }),
      ),
    );
    await other.host.drain();
    const ends = all.map((running) => {
      const heard = said(running, "lingering").find(({ event }) => event?.eventType === "SHUTDOWN");
      assert.equal(notLeft(running).length, 1);
      return heard.event.deadlineMs as number;
    });
    // One after the other, each would have ended two seconds after the one before.
    assert.ok(Math.max(...ends) - Math.min(...ends) < (all.length - 1) * EXTERNAL_MS, String(ends));
    assert.deepEqual(other.host.inventory(), []);
  });
});
