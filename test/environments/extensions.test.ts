import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Clock, systemClock } from "../../src/base/index.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { eventually } from "../../testkit/eventually.ts";
import { EXTENDED_FUNCTION, startWithExtensions } from "../../testkit/extended-function.ts";
import { EXTENSION_PROGRAM, saidByExtensions } from "../../testkit/extension-program.ts";
import { SkippingClock } from "../../testkit/skipping-clock.ts";
import { StretchedClock } from "../../testkit/stretched-clock.ts";
import { TESTED_TIERS } from "../../testkit/tested-tier.ts";

/** Registers while the runtime loads it: afterwards it would be too late. */
const INTERNAL = `
import http from "node:http";
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
process.on("SIGTERM", () => { process.stdout.write("asked to leave\\n"); process.exit(0); });
const call = (method, path, headers, body) => new Promise((resolve) => {
  http.request({ host, port, method, path: "/2020-01-01/extension/" + path, headers }, (answer) => {
    let text = "";
    answer.on("data", (part) => { text += part; });
    answer.on("end", () => resolve({ id: answer.headers["lambda-extension-identifier"], text }));
  }).end(body);
});
const name = { "Lambda-Extension-Name": "internal" };
process.stdout.write("refused " + (await call("POST", "register", name, '{"events":["SHUTDOWN"]}')).text);
const { id } = await call("POST", "register", name, '{"events":["INVOKE"]}');
void (async () => {
  for (;;) {
    const next = await call("GET", "event/next", { "Lambda-Extension-Identifier": id });
    process.stdout.write("internal " + JSON.parse(next.text).eventType + "\\n");
  }
})();
export const handler = async (event) => event;`;

for (const tier of TESTED_TIERS) {
  const isolated = tier === TESTED_TIERS.at(-1);
  describe(`extensions on the ${tier} tier`, { concurrency: 3 }, () => {
    let world: EnvironmentWorld;
    before(async () => {
      world = await openEnvironmentWorld({ tier });
    });
    after(() => world.close());

    const start = (extensions: Readonly<Record<string, object>>, options?: Partial<FunctionOptions>) =>
      startWithExtensions(world, extensions, options);
    /** Who is asked to leave has little time for it: its environment is in one in which it has more. */
    const openUnhurried = async () => {
      const clock = new StretchedClock(20);
      return { clock, world: await openEnvironmentWorld({ tier, clock }) };
    };
    /** Of whose time a test may skip some, with one environment. */
    const openSkipping = async (extensions: Readonly<Record<string, object>>, of: Clock = systemClock) => {
      const clock = new SkippingClock(of);
      const skipping = await openEnvironmentWorld({ tier, clock });
      const running = await startWithExtensions(skipping, extensions);
      const timeOut = () => clock.skip(running.spec.timeoutMs);
      return { running, timeOut, [Symbol.asyncDispose]: () => skipping.close() };
    };
    const said = (running: RunningFunction, name: string) => saidByExtensions(running.log(), name);

    it("register before the runtime starts, hear of invocations, and of the end", async () => {
      const { clock, world: unhurried } = await openUnhurried();
      await using _ = unhurried;
      const extensions = { first: {}, second: { events: ["SHUTDOWN"] } };
      const running = await startWithExtensions(unhurried, extensions);
      const [registered] = said(running, "first");
      assert.deepEqual(Object.keys(registered.registered), [
        "accountId",
        "functionName",
        "functionVersion",
        "handler",
      ]);
      assert.deepEqual(registered.registered, {
        accountId: "123456789012",
        functionName: running.spec.functionName,
        functionVersion: "$LATEST",
        handler: "index.handler",
      });
      assert.ok(registered.variables.includes("AWS_LAMBDA_RUNTIME_API"));
      for (const absent of [
        "_HANDLER",
        "AWS_EXECUTION_ENV",
        "LAMBDA_TASK_ROOT",
        "AWS_LAMBDA_LOG_STREAM_NAME",
      ])
        assert.ok(!registered.variables.includes(absent), absent);
      if (tier !== "process") assert.equal(registered.cwd, "/");
      const { outcome, requestId, json } = await running.invoke({ a: 1 });
      assert.deepEqual(json, { a: 1 });
      const [, { event, eventId }] = said(running, "first");
      assert.deepEqual(Object.keys(event), [
        "eventType",
        "deadlineMs",
        "requestId",
        "invokedFunctionArn",
        "tracing",
      ]);
      assert.deepEqual([event.eventType, event.requestId], ["INVOKE", requestId]);
      assert.equal(event.invokedFunctionArn, running.spec.functionArn);
      assert.equal(event.deadlineMs, outcome.startedAt + running.spec.timeoutMs);
      assert.match(eventId, /^[0-9a-f-]{36}$/);
      const states = running.log().filter((line) => line.startsWith("EXTENSION"));
      assert.deepEqual(states, [
        "EXTENSION\tName: first\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n",
        "EXTENSION\tName: second\tState: Ready\tEvents: [SHUTDOWN]\n",
      ]);
      assert.match((await running.invoke({ do: "register" })).json, /Extension registration closed already/);
      const retiring = clock.now();
      await running.environment.retire();
      const retired = clock.now();
      assert.equal(await running.gone, undefined);
      for (const name of ["first", "second"]) {
        const [{ event: end }, left] = said(running, name).slice(-2);
        assert.deepEqual([end.eventType, end.shutdownReason], ["SHUTDOWN", "spindown"]);
        assert.ok(end.deadlineMs >= retiring + 2_000 && end.deadlineMs <= retired + 2_000);
        assert.deepEqual(left, { left: true });
      }
      assert.ok(running.log().includes("asked to leave\n"));
    });

    // What isolation makes no difference to is tried on one tier.
    if (isolated) {
      it("keep an invocation, but not its answer, until they ask for the next", async () => {
        const settings = { logFormat: "JSON", systemLogLevel: "DEBUG" } as const;
        const running = await start({ worker: { callsEndpoint: true } }, { settings });
        const held = Promise.withResolvers<void>();
        world.endpointHeld = held.promise;
        const done = () => running.log().find((line) => line.includes('"platform.runtimeDone"'));
        const hold = async () => {
          // The runtime may be late to ask for more, and the time after it is what is asked about.
          await eventually(done, { what: "the end of the runtime's part" });
          setTimeout(held.resolve, 300);
        };
        const { answeredEarly, outcome } = await running.invoke({}, { onAnswer: () => void hold() });
        assert.equal(answeredEarly, true);
        assert.ok(outcome.durationMs >= 299, `${outcome.durationMs} ms`);
        assert.ok((outcome.postRuntimeExtensionsMs ?? 0) > 150, `${outcome.postRuntimeExtensionsMs} ms`);
        assert.equal(outcome.status, "success");
        await using late = await openSkipping({ worker: { worksMs: 600_000 } });
        const slow = await late.running.invoke({ a: 1 }, { onAnswer: late.timeOut });
        assert.deepEqual(slow.json, { a: 1 });
        assert.equal(slow.outcome.status, "timeout");
        assert.match(slow.log.at(-1) ?? "", /\tStatus: timeout\n$/);
      });

      it("hear why they are ended, and are started anew with the runtime", async () => {
        await using skipping = await openSkipping({ one: {} }, new StretchedClock(8));
        const { running, timeOut } = skipping;
        const reasons = () =>
          said(running, "one")
            .map(({ event }) => event?.shutdownReason)
            .filter((reason) => reason !== undefined);
        await running.invoke({ do: "write" });
        const hanging = running.invoke({ do: "hang" });
        await eventually(() => running.log().find((line) => line === "hanging\n"), { what: "its beginning" });
        timeOut();
        assert.equal((await hanging).outcome.errorType, "Sandbox.Timedout");
        assert.equal((await running.invoke({ do: "read" })).json, "kept");
        assert.equal((await running.invoke({ do: "exit" })).outcome.errorType, "Runtime.ExitError");
        await running.invoke({});
        assert.deepEqual(reasons(), ["timeout", "failure"]);
        assert.equal(said(running, "one").filter(({ registered }) => registered).length, 3);
      });

      it("end an invocation by ending", async () => {
        const cases = [
          [{ exitOnInvoke: 0 }, "Extension.Crash", "exit code 0"],
          [{ exitOnInvoke: 3 }, "Extension.Crash", "exit status 3"],
          [{ exitError: true, worksMs: 60_000 }, "Extension.ExitError", "Extension.GaveUp"],
        ] as const;
        for (const [settings, errorType, why] of cases) {
          const running = await start({ broken: settings }, { timeoutMs: 30_000 });
          const { json, outcome, requestId } = await running.invoke({ do: "hang" });
          assert.deepEqual(json, { errorType, errorMessage: `RequestId: ${requestId} Error: ${why}` });
          assert.equal(outcome.status, "error");
          await running.environment.retire();
        }
      });

      it("fail an init", async () => {
        const cases = [
          [{ exitAtStart: 1 }, "Extension.Crash", /exit status 1$/],
          [{ initError: true }, "Extension.InitError", /Extension\.NoKey$/],
        ] as const;
        for (const [settings, errorType, why] of cases) {
          const running = await start({ broken: settings });
          const { json, outcome } = await running.invoke({});
          assert.equal(json.errorType, errorType);
          assert.match(json.errorMessage, why);
          assert.equal(outcome.functionError, "Unhandled");
          const reports = running.log().filter((line) => line.startsWith("INIT_REPORT"));
          assert.match(
            reports[0] ?? "",
            new RegExp(`Phase: init\tStatus: error\tError Type: ${errorType}\n$`),
          );
          assert.match(reports[1] ?? "", /Phase: invoke\t/);
          await running.environment.retire();
        }
        const plain = await world.start({
          runtime: "nodejs22.x",
          files: { "index.js": EXTENDED_FUNCTION },
          layer: { "extensions/plain.txt": "no program", "extensions/folder/inner": "" },
        });
        const { json } = await plain.invoke({});
        assert.equal(json.errorType, "Extension.LaunchError");
        assert.match(
          plain.log().find((line) => line.startsWith("EXTENSION")) ?? "",
          /Name: plain\.txt\tState: LaunchError\tEvents: \[\]\tError Type: PermissionDenied\n$/,
        );
        const files = Array.from({ length: 11 }, (_, number) => [`e${number}`, {}]);
        const many = await start(Object.fromEntries(files) as Record<string, object>);
        const refused = await many.invoke({});
        assert.equal(
          refused.text,
          `{"errorType":"Extension.LaunchError","errorMessage":"RequestId: ${refused.requestId} Error: ErrTooManyExtensions"}`,
        );
      });

      it("may be turned off by a layer", async () => {
        const running = await start(
          { off: {} },
          { layer: { "extensions/off": EXTENSION_PROGRAM, "disable-extensions-jwigqn8j": "" } },
        );
        assert.deepEqual((await running.invoke({ a: 1 })).json, { a: 1 });
        assert.deepEqual(said(running, "off"), []);
      });
    }

    it("may live in the runtime, for invocations only", async () => {
      await using unhurried = (await openUnhurried()).world;
      const running = await startWithExtensions(unhurried, {}, { files: { "index.mjs": INTERNAL } });
      await running.invoke({});
      await running.environment.retire();
      const log = running.log();
      const refused = log.find((line) => line.startsWith("refused")) ?? "";
      assert.equal(
        refused,
        'refused {"errorMessage":"SHUTDOWN: ShutdownEventNotSupportedForInternalExtension","errorType":"Extension.InvalidEventType"}\n',
      );
      assert.ok(log.includes("internal INVOKE\n"));
      assert.ok(log.includes("asked to leave\n"));
      assert.ok(log.includes("EXTENSION\tName: internal\tState: Ready\tEvents: [INVOKE]\n"));
    });
  });

  if (isolated) {
    describe(`extensions that do not register, or not ask for an event, on the ${tier} tier`, () => {
      it("let the init run out of time", async () => {
        const clock = new SkippingClock();
        const initMs = 60_000;
        await using world = await openEnvironmentWorld({ tier, initMs, clock });
        const HOW = ["silent", "idle"];
        const said = () =>
          [...world.logs.values()]
            .flat()
            .filter(({ message }) => /^mute .*(silent|registered)/.test(message));
        const come = eventually(() => said().length === HOW.length || undefined, { what: "both of them" });
        void come.then(() => clock.skip(initMs));
        await Promise.all(
          HOW.map(async (how) => {
            const running = await world.start({
              runtime: "nodejs22.x",
              files: { "index.js": EXTENDED_FUNCTION },
              layer: { "extensions/mute": EXTENSION_PROGRAM },
              environment: { EXTENSION: `{"mute":{"${how}":true}}` },
              timeoutMs: 1_500,
            });
            const { outcome } = await running.invoke({});
            assert.equal(outcome.errorType, "Sandbox.Timedout");
            const reports = running.log().filter((line) => line.startsWith("INIT_REPORT"));
            assert.match(reports[0] ?? "", /Phase: init\tStatus: timeout\n$/);
            const states = running.log().filter((line) => line.startsWith("EXTENSION"));
            const state =
              how === "silent"
                ? "State: Started\tEvents: []"
                : "State: Registered\tEvents: [INVOKE, SHUTDOWN]";
            assert.equal(states[0], `EXTENSION\tName: mute\t${state}\n`);
          }),
        );
        await come;
      });
    });
  }
}
