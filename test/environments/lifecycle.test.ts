import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, environmentLimits, systemClock } from "../../src/base/index.ts";
import {
  type EnvironmentWorld,
  type Invoked,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { LATE_FREEZES } from "../../testkit/late-freezes.ts";
import { SkippingClock } from "../../testkit/skipping-clock.ts";
import { TESTED_TIERS } from "../../testkit/tested-tier.ts";

const FUNCTION = `
const fs = require("node:fs");
const os = require("node:os");
let count = 0;
let ticks = 0;
let longestPauseMs = 0;
/** How long so much CPU time takes. */
function burn(cpuMs) {
  const { user, system } = process.cpuUsage();
  const began = performance.now();
  for (;;) {
    const now = process.cpuUsage();
    if (now.user + now.system - user - system >= cpuMs * 1_000) return performance.now() - began;
  }
}
const scratch = os.tmpdir() + "/kept";
exports.handler = async (event, context) => {
  count++;
  switch (event.do) {
    case "hang": process.stdout.write("hang\\n"); return new Promise((resolve) => setTimeout(resolve, 600_000));
    case "wait": return new Promise((resolve) => setTimeout(resolve, 200, "waited"));
    case "spin": process.stdout.write("spin\\n"); for (;;);
    case "exit": return process.exit(event.code);
    case "kill": return process.kill(process.pid, event.signal);
    case "fill": { const kept = []; for (;;) kept.push(Buffer.alloc(8 << 20, 1)); }
    case "tick": {
      let last = performance.now();
      setInterval(() => {
        const now = performance.now();
        longestPauseMs = Math.max(longestPauseMs, now - last);
        last = now;
        ticks++;
      }, 5);
      return ticks;
    }
    case "ticked":
      while (ticks <= event.more) await new Promise((resolve) => setTimeout(resolve, 5));
      return ticks;
    case "write": fs.writeFileSync(scratch, event.text); return null;
    case "read": return fs.readFileSync(scratch, "utf8");
    case "grow": Buffer.alloc(event.bytes, 1); return null;
    case "burn": return burn(event.cpuMs);
    case "print": process.stdout.write(event.text); return null;
    case "big": return "x".repeat(event.bytes - 2);
    case "later": setTimeout(() => { console.log("leaving"); process.exit(7); }, 5); return null;
    case "background": require("node:child_process").spawn("sleep", ["60"], { stdio: "inherit" }); return null;
    case "answer": {
      const { AWS_LAMBDA_RUNTIME_API: api } = process.env;
      const url = "http://" + api + "/2018-06-01/runtime/invocation/" + context.awsRequestId + "/response";
      await fetch(url, { method: "POST", body: '"early"' });
      if (event.until === "called") await fetch(process.env.AWS_ENDPOINT_URL);
      else await new Promise((resolve) => setTimeout(resolve, event.ms));
      if (event.afterwards === "exit") process.exit(1);
      return "too late";
    }
    case "tell": setTimeout(() => fs.writeFileSync(event.path, ""), 20); return "in time";
    case "call": return (await fetch(process.env.AWS_ENDPOINT_URL)).status;
    case "pause": return { longestPauseMs, ticks };
    default: return { count, pid: process.pid };
  }
};`;

const error = (type: string, requestId: string, what: string) =>
  `{"errorType":"${type}","errorMessage":"RequestId: ${requestId} Error: ${what}"}`;

function lastReport({ log }: Invoked): string {
  const line = log.at(-1) ?? "";
  assert.match(line, /^REPORT RequestId: /);
  return line;
}

for (const tier of TESTED_TIERS) {
  describe(`life cycle on the ${tier} tier`, () => {
    let world: EnvironmentWorld;
    const clock = new SkippingClock();
    before(async () => {
      world = await openEnvironmentWorld({ tier, clock });
    });
    after(() => world.close());

    const start = (options: { timeoutMs?: number; memoryMiB?: number } = {}): Promise<RunningFunction> =>
      world.start({ runtime: "nodejs22.x", files: { "index.js": FUNCTION }, ...options });

    it("reuses an environment and reports its init once", async () => {
      const running = await start({ memoryMiB: 512 });
      const first = await running.invoke({});
      const second = await running.invoke({});
      assert.equal(first.json.count, 1);
      assert.deepEqual([second.json.count, second.json.pid], [2, first.json.pid]);
      const { outcome, requestId } = first;
      assert.equal(outcome.status, "success");
      assert.equal(outcome.isolation, tier);
      assert.ok(outcome.initDurationMs !== undefined && outcome.initDurationMs > 5);
      const wholeMicroseconds = Math.round((outcome.durationMs + outcome.initDurationMs) * 1_000) / 1_000;
      assert.equal(outcome.billedDurationMs, Math.ceil(wholeMicroseconds));
      assert.equal(second.outcome.initDurationMs, undefined);
      assert.equal(second.outcome.billedDurationMs, Math.ceil(second.outcome.durationMs));
      const memory = outcome.maxMemoryUsedMiB;
      assert.ok(memory > 20 && memory < 200, `${memory} MiB`);
      const [initStart, ...lines] = running.log();
      assert.match(
        initStart ?? "",
        /^INIT_START Runtime Version: nodejs:22\.v\d+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n$/,
      );
      const ms = (value: number) => value.toFixed(2);
      assert.deepEqual(lines.slice(0, 3), [
        `START RequestId: ${requestId} Version: $LATEST\n`,
        `END RequestId: ${requestId}\n`,
        `REPORT RequestId: ${requestId}\tDuration: ${ms(outcome.durationMs)} ms\tBilled Duration: ${outcome.billedDurationMs} ms\tMemory Size: 512 MB\tMax Memory Used: ${memory} MB\tInit Duration: ${ms(outcome.initDurationMs)} ms\t\n`,
      ]);
      assert.match(lastReport(second), /MB\t\n$/);
      assert.match(outcome.logStream, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    });

    it("answers when the function has, and reports when it is done", async () => {
      const running = await start();
      const held = Promise.withResolvers<void>();
      world.endpointHeld = held.promise;
      const early = await running.invoke(
        { do: "answer", until: "called" },
        { onAnswer: () => setTimeout(held.resolve, 150) },
      );
      assert.deepEqual([early.text, early.outcome.functionError], ['"early"', undefined]);
      assert.equal(early.answeredEarly, true);
      assert.ok(early.outcome.durationMs >= 149, `${early.outcome.durationMs} ms`);
      assert.match(lastReport(early), /MB\t(Init Duration: [\d.]+ ms\t)?\n$/);
      const withTail = await running.invoke({ do: "answer", ms: 20 }, { tail: true });
      assert.equal(withTail.answeredEarly, false);
      assert.equal(Buffer.from(withTail.outcome.logTail ?? []).toString(), withTail.log.join(""));
      const died = await running.invoke({ do: "answer", ms: 20, afterwards: "exit" });
      assert.equal(died.text, '"early"');
      assert.match(lastReport(died), /Status: error\tError Type: Runtime\.ExitError\n$/);
      assert.equal((await running.invoke({})).answeredEarly, false);
    });

    it("stops timers between invocations", async () => {
      const running = await start();
      await running.invoke({ do: "tick" });
      await running.idle();
      await eventually(() => running.environment.state === "frozen" || undefined, { what: "the freeze" });
      const frozenAt = performance.now();
      await delay(200); // So long nothing may tick, however late anything is.
      const frozenMs = performance.now() - frozenAt;
      const { ticks } = (await running.invoke({ do: "pause" })).json;
      await running.invoke({ do: "ticked", more: ticks });
      const { longestPauseMs } = (await running.invoke({ do: "pause" })).json;
      assert.ok(longestPauseMs >= frozenMs, `${longestPauseMs} of ${frozenMs} ms`);
    });

    it("kills what exceeds its time, keeps /tmp and inits again", async () => {
      const timeoutMs = 60_000;
      const running = await start({ timeoutMs });
      await running.invoke({ do: "write", text: "still here" });
      for (const busy of ["hang", "spin"]) {
        const began = clock.monotonicMs();
        const invoked = running.invoke({ do: busy });
        await eventually(() => running.log().find((line) => line === `${busy}\n`), { what: "its beginning" });
        clock.skip(timeoutMs);
        const late = await invoked;
        const tookMs = clock.monotonicMs() - began;
        assert.equal(late.outcome.status, "timeout");
        assert.equal(late.outcome.functionError, "Unhandled");
        assert.equal(late.outcome.errorType, "Sandbox.Timedout");
        assert.equal(
          late.text,
          error("Sandbox.Timedout", late.requestId, "Task timed out after 60.00 seconds"),
        );
        const { billedDurationMs } = late.outcome;
        assert.ok(billedDurationMs >= timeoutMs && billedDurationMs <= Math.ceil(tookMs));
        assert.match(lastReport(late), /\tStatus: timeout\n$/);
        const next = await running.invoke({ do: "read" });
        assert.equal(next.json, "still here");
        assert.match(next.log[0] ?? "", /^INIT_START /);
        assert.match(next.log[1] ?? "", /^START /);
        assert.equal(next.outcome.initDurationMs, undefined);
        assert.ok(next.outcome.durationMs > 10, "the second init counts as duration");
      }
      assert.equal((await running.invoke({})).json.count, 2);
    });

    if (tier === "process") {
      it("takes an answer that came in time, however late the server sees it", async () => {
        const timeoutMs = 60_000;
        const running = await start({ timeoutMs });
        const directory = mkdtempSync(join(tmpdir(), "lambkin-in-time-"));
        chmodSync(directory, 0o777);
        const path = join(directory, "answered");
        // After this timers come first, and then whatever has arrived.
        await nextTurn();
        const invoked = running.invoke({ do: "tell", path });
        // Without a turn of the event loop, in which the answer could be seen.
        for (let n = 0; n < 100 && running.environment.state !== "busy"; n += 1) await Promise.resolve();
        assert.equal(running.environment.state, "busy");
        for (const began = performance.now(); !existsSync(path); pause(5))
          assert.ok(performance.now() - began < 60_000, "it has answered");
        clock.skip(timeoutMs);
        pause(5);
        const { json, outcome } = await invoked;
        rmSync(directory, { recursive: true });
        assert.deepEqual([json, outcome.status], ["in time", "success"]);
      });
    }

    it("tells how a runtime died", async () => {
      const running = await start();
      const cases = [
        [{ do: "exit", code: 0 }, "Runtime exited without providing a reason"],
        [{ do: "exit", code: 1 }, "Runtime exited with error: exit status 1"],
        [{ do: "kill", signal: "SIGKILL" }, "Runtime exited with error: signal: killed"],
        [{ do: "kill", signal: "SIGABRT" }, "Runtime exited with error: signal: aborted"],
      ] as const;
      for (const [event, what] of cases) {
        const died = await running.invoke(event);
        assert.equal(died.text, error("Runtime.ExitError", died.requestId, what));
        assert.equal(died.outcome.status, "error");
        assert.match(lastReport(died), /\tStatus: error\tError Type: Runtime\.ExitError\n$/);
      }
      assert.equal((await running.invoke({})).json.count, 1);
    });

    // Under gVisor the reading is an overestimate, and a process's own CPU time counts its waiting
    // (docs/limits/isolation-tiers.md); verify/gvisor/limits.test.ts looks at its shares from outside.
    if (tier !== "gvisor") {
      it("tells the most memory that its environment has used", async () => {
        const running = await start({ memoryMiB: 512 });
        const used = async (event: object) => (await running.invoke(event)).outcome.maxMemoryUsedMiB;
        const before = await used({});
        const grown = await used({ do: "grow", bytes: 150 << 20 });
        assert.ok(grown >= before + 100, `${before} and ${grown} MiB`);
        for (let n = 0; n < 3; n += 1) assert.ok((await used({})) >= grown);
      });
    }

    if (tier === "namespaces") {
      it("has a share of the CPUs by its memory", async () => {
        const running = await start({ memoryMiB: 256 });
        const cpuMs = 200;
        const { json: tookMs } = await running.invoke({ do: "burn", cpuMs });
        // At 256 of 1,769 MiB, but for the periods at both ends, and for a tick of the kernel's on each of two CPUs.
        assert.ok(tookMs > ((cpuMs - 40) * 1_769) / 256, `${tookMs} ms`);
      });
    }

    it("tells when memory ran out", async () => {
      const running = await start({ memoryMiB: 256 });
      const died = await running.invoke({ do: "fill" });
      assert.equal(
        died.text,
        error("Runtime.OutOfMemory", died.requestId, "Runtime exited with error: signal: killed"),
      );
      assert.match(
        lastReport(died),
        /Memory Size: 256 MB\tMax Memory Used: 256 MB\t.*Status: error\tError Type: Runtime\.OutOfMemory\n$/,
      );
      assert.equal((await running.invoke({})).json.count, 1);
    });

    it("inits again after a death between invocations", async () => {
      await using unhurried = await openEnvironmentWorld({ tier, clock: LATE_FREEZES });
      const running = await unhurried.start({ runtime: "nodejs22.x", files: { "index.js": FUNCTION } });
      await running.invoke({ do: "later" });
      await eventually(() => running.environment.state === "reset" || undefined, {
        what: "the end of the runtime",
      });
      assert.ok(running.log().some((line) => line.includes("leaving")));
      assert.equal((await running.invoke({})).json.count, 1);
    });

    it("ends with background processes that hold its output open", async () => {
      const running = await start();
      await running.invoke({ do: "background" });
      const died = await running.invoke({ do: "exit", code: 3 });
      assert.equal(
        died.text,
        error("Runtime.ExitError", died.requestId, "Runtime exited with error: exit status 3"),
      );
    });

    it("passes 6 MiB and 100 bytes and refuses one more", async () => {
      const running = await start();
      const fits = await running.invoke({ do: "big", bytes: 6_291_556 });
      assert.equal(fits.outcome.payload.length, 6_291_556);
      const tooBig = await running.invoke({ do: "big", bytes: 6_291_557 });
      assert.equal(
        tooBig.text,
        '{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}',
      );
      assert.match(lastReport(tooBig), /Status: error\tError Type: Function\.ResponseSizeTooLarge\n$/);
      assert.equal((await running.invoke({})).json.count, 3);
    });

    it("logs all output between START and END, and returns its last 4 KiB", async () => {
      const running = await start();
      const lines = Array.from({ length: 2_000 }, (_, line) => `line ${line}\n`);
      const printed = await running.invoke(
        { do: "print", text: `${lines.join("")}unfinished` },
        { tail: true },
      );
      assert.match(printed.log[0] ?? "", /^START /);
      assert.deepEqual(printed.log.slice(1, -2), [...lines, "unfinished\n"]);
      const tail = Buffer.from(printed.outcome.logTail ?? []).toString();
      assert.equal(Buffer.byteLength(tail), 4_096);
      assert.ok(printed.log.join("").endsWith(tail));
      const short = await running.invoke({ do: "print", text: "one\n" }, { tail: true });
      assert.equal(Buffer.from(short.outcome.logTail ?? []).toString(), short.log.join(""));
    });

    it("reaches the AWS endpoint as itself", async () => {
      const running = await start();
      assert.equal((await running.invoke({ do: "call" })).json, 204);
      assert.deepEqual(world.endpointCalls.at(-1), {
        environmentId: running.environment.id,
        account: "123456789012",
      });
    });

    it("retires: at once when idle, after its invocation when busy", async () => {
      const idle = await start();
      await idle.invoke({});
      await idle.environment.retire();
      assert.equal(await idle.gone, undefined);
      await assert.rejects(idle.environment.dispatch({ ...INVOCATION }), { name: "EnvironmentLost" });
      const busy = await start({ timeoutMs: 60_000 });
      const invoked = busy.invoke({ do: "hang" });
      const started = () => busy.log().find((line) => line.startsWith("START"));
      await eventually(started, { what: "the start of the invocation" });
      const retired = busy.environment.retire();
      clock.skip(60_000);
      assert.equal((await invoked).outcome.status, "timeout");
      await retired;
      assert.ok(!world.host.inventory().some(({ id }) => id === busy.environment.id));
    });
  });

  describe(`init on the ${tier} tier`, () => {
    let world: EnvironmentWorld;
    /** Where inits have little time. */
    let hasty: EnvironmentWorld;
    before(async () => {
      world = await openEnvironmentWorld({ tier });
      hasty = await openEnvironmentWorld({ tier, initMs: 400 });
    });
    after(() => Promise.all([world.close(), hasty.close()]));

    it("that fails is tried again within the invocation", async () => {
      const running = await world.start({
        runtime: "nodejs22.x",
        files: { "index.js": 'require("absent"); exports.handler = () => null;' },
      });
      for (const _attempt of [1, 2]) {
        const failed = await running.invoke({});
        assert.equal(failed.json.errorType, "Runtime.ImportModuleError");
        assert.match(failed.json.errorMessage, /^Error: Cannot find module 'absent'\nRequire stack:\n- /);
        assert.equal(failed.outcome.functionError, "Unhandled");
        assert.match(lastReport(failed), /MB\tStatus: error\tError Type: Runtime\.ImportModuleError\n$/);
      }
      const kinds = running.log().map((line) => line.replace(/Duration: [\d.]+ ms/, "").split(/[ \t]/)[0]);
      const error = kinds[1];
      assert.match(error ?? "", /^\d{4}-/);
      assert.deepEqual(
        kinds.map((kind) => (kind?.startsWith("2") ? "log" : kind)),
        [
          ["INIT_START", "log", "INIT_REPORT"],
          ["log", "INIT_REPORT", "START", "END", "REPORT"],
          ["log", "INIT_REPORT", "START", "END", "REPORT"],
        ].flat(),
      );
      const reports = running.log().filter((line) => line.startsWith("INIT_REPORT"));
      assert.match(
        reports[0] ?? "",
        /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.ImportModuleError\n$/,
      );
      assert.match(
        reports[1] ?? "",
        /\tPhase: invoke\tStatus: error\tError Type: Runtime\.ImportModuleError\n$/,
      );
    });

    it("that takes too long gets the function's time within the invocation", async () => {
      const running = await hasty.start({
        runtime: "nodejs22.x",
        files: {
          "index.mjs": "await new Promise((r) => setTimeout(r, 600)); export const handler = async () => 1;",
        },
      });
      assert.match(
        running.log().at(-1) ?? "",
        /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: timeout\n$/,
      );
      const { outcome, json } = await running.invoke({});
      assert.equal(json, 1);
      assert.ok(outcome.durationMs >= 600, `${outcome.durationMs} ms`);
      assert.equal(outcome.initDurationMs, undefined);
    });

    it("that never ends fails as a time-out", async () => {
      const running = await hasty.start({
        runtime: "nodejs22.x",
        files: { "index.js": "for (;;);" },
        timeoutMs: 500,
      });
      const { outcome, text, requestId, log } = await running.invoke({});
      assert.equal(outcome.status, "timeout");
      assert.equal(text, error("Sandbox.Timedout", requestId, "Task timed out after 0.50 seconds"));
      assert.match(log[0] ?? "", /^INIT_REPORT .*\tPhase: invoke\tStatus: timeout\n$/);
    });

    it("that exits is an exit", async () => {
      const running = await world.start({
        runtime: "nodejs22.x",
        files: { "index.js": "process.exit(5);" },
      });
      const { text, requestId } = await running.invoke({});
      assert.equal(text, error("Runtime.ExitError", requestId, "Runtime exited with error: exit status 5"));
      assert.match(running.log()[1] ?? "", /\tPhase: init\tStatus: error\tError Type: Runtime\.ExitError\n$/);
    });

    it("made ahead of a request is not told with that request, and does not outlive its failure", async () => {
      const options = { runtime: "nodejs22.x", files: { "index.js": FUNCTION }, settings: { ahead: true } };
      const running = await world.start(options);
      const { outcome, log } = await running.invoke({});
      assert.equal(outcome.initDurationMs, undefined);
      assert.match(log.at(-1) ?? "", /^REPORT .*Max Memory Used: \d+ MB\t\n$/);
      assert.ok(running.environment.memoryMiB > 0);
      const files = { "index.js": "throw new Error('no');" };
      await assert.rejects(world.start({ ...options, files }), { name: "InitFailed" });
    });

    it("environments go at the end of their time, the busy ones after what they run", async () => {
      const ends: (() => void)[] = [];
      const clock: Clock = {
        now: () => systemClock.now(),
        monotonicMs: () => systemClock.monotonicMs(),
        after(delayMs, callback) {
          if (delayMs !== environmentLimits.lifetimeMs) return systemClock.after(delayMs, callback);
          ends.push(callback);
          return { cancel: () => undefined };
        },
      };
      await using fleeting = await openEnvironmentWorld({ tier, clock });
      const files = {
        "index.mjs":
          "export const handler = async (call) => (call && await fetch(process.env.AWS_ENDPOINT_URL), 'done');",
      };
      const held = Promise.withResolvers<void>();
      fleeting.endpointHeld = held.promise;
      const [idle, busy] = await Promise.all([
        fleeting.start({ runtime: "nodejs22.x", files }),
        fleeting.start({ runtime: "nodejs22.x", files }),
      ]);
      await idle.invoke(false);
      const invoked = busy.invoke(true);
      await eventually(() => fleeting.endpointCalls.at(0), { what: "the call that it waits for" });
      assert.equal(busy.environment.state, "busy");
      assert.equal(ends.length, 2);
      for (const end of ends) end();
      assert.equal(await idle.gone, undefined);
      held.resolve();
      assert.equal((await invoked).json, "done");
      assert.equal(await busy.gone, undefined);
    });

    it("a runtime that nothing runs never comes up", async () => {
      const gone = world.start({ runtime: "cobol85", files: { "index.js": "" } });
      await assert.rejects(gone, /nothing on this machine runs cobol85/);
    });

    it("draining ends every environment and admits none", async () => {
      const other = await openEnvironmentWorld({ tier });
      const busy = await other.start({ runtime: "nodejs22.x", files: { "index.js": FUNCTION } });
      await other.start({ runtime: "nodejs22.x", files: { "index.js": FUNCTION } });
      const invoked = busy.invoke({ do: "wait" });
      const started = () => busy.log().find((line) => line.startsWith("START"));
      await eventually(started, { what: "the start of the invocation" });
      await other.host.drain();
      assert.equal((await invoked).json, "waited");
      assert.deepEqual(other.host.inventory(), []);
      await assert.rejects(other.start({ runtime: "nodejs22.x", files: { "index.js": FUNCTION } }), /drains/);
      await other.close();
    });
  });
}

const INVOCATION = {
  requestId: "id",
  payload: Buffer.from("{}"),
  invokedFunctionArn: "arn",
  traceId: "",
  wantsLogTail: false,
};

/** Holds up everything here. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
