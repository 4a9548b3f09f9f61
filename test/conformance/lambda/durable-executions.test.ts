import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateAliasCommand,
  type Event,
  GetDurableExecutionCommand,
  type GetDurableExecutionCommandOutput,
  GetDurableExecutionHistoryCommand,
  InvokeAsyncCommand,
  InvokeCommand,
  type InvokeCommandInput,
  InvokeWithResponseStreamCommand,
  type LambdaClient,
  ListDurableExecutionsByFunctionCommand,
  type Operation,
  PublishVersionCommand,
  paginateGetDurableExecutionHistory,
  paginateListDurableExecutionsByFunction,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { durablePackage } from "../../../testkit/durable-functions.ts";
import { eventually } from "../../../testkit/eventually.ts";

const INVALID = "InvalidParameterValueException";

interface Call {
  readonly call: "CheckpointDurableExecution" | "GetDurableExecutionState";
  readonly input?: object;
  /** Which of the tokens so far; the last one by default. */
  readonly token?: number;
}

interface PuppetResult {
  readonly error?: string;
  readonly message?: string;
  readonly CheckpointToken?: string;
  readonly NewExecutionState?: { readonly Operations: readonly Operation[] };
  readonly Operations?: readonly Operation[];
  readonly NextMarker?: string;
}

describe("durable executions through the AWS SDK for JavaScript", () => {
  let contract: Contract;
  let lambda: LambdaClient;
  const names: Record<string, string> = {};

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
    const settings: Record<string, number> = {
      puppet: 600,
      sleeps: 3_600,
      asks: 600,
      fails: 600,
      large: 600,
      brief: 1,
    };
    await Promise.all(
      Object.entries(settings).map(async ([handler, ExecutionTimeout]) => {
        names[handler] = await contract.createFunction({
          Handler: `index.${handler === "brief" ? "sleeps" : handler}`,
          Code: { ZipFile: durablePackage() },
          Timeout: 120,
          MemorySize: 1_769,
          DurableConfig: { ExecutionTimeout, RetentionPeriodInDays: 1 },
        });
      }),
    );
  });
  after(() => contract[Symbol.asyncDispose]());

  const invoke = (handler: string, event: object, changes: Partial<InvokeCommandInput> = {}) =>
    lambda.send(
      new InvokeCommand({
        FunctionName: names[handler],
        Qualifier: "$LATEST",
        Payload: Buffer.from(JSON.stringify(event)),
        ...changes,
      }),
    );
  const start = async (handler: string, event: object, changes: Partial<InvokeCommandInput> = {}) => {
    const answer = await invoke(handler, event, { InvocationType: "Event", ...changes });
    return answer.DurableExecutionArn ?? "";
  };
  const get = (DurableExecutionArn: string, IncludeExecutionData?: boolean) =>
    lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn, IncludeExecutionData }));
  const ended = (arn: string): Promise<GetDurableExecutionCommandOutput> =>
    eventually(
      async () => {
        const found = await get(arn);
        return found.Status === "RUNNING" ? undefined : found;
      },
      { what: "an execution that has ended" },
    );
  const stop = (DurableExecutionArn: string, ErrorMessage?: string) =>
    lambda.send(
      new StopDurableExecutionCommand({
        DurableExecutionArn,
        ...(ErrorMessage === undefined ? {} : { Error: { ErrorMessage, ErrorType: "Stopped" } }),
      }),
    );
  const event = (arn: string, type: string): Promise<Event> =>
    eventually(
      async () => {
        const { Events = [] } = await lambda.send(
          new GetDurableExecutionHistoryCommand({ DurableExecutionArn: arn, IncludeExecutionData: true }),
        );
        return Events.find(({ EventType }) => EventType === type);
      },
      { what: `${type} in the history` },
    );
  const perform = async (
    script: readonly Call[],
  ): Promise<{ readonly event: any; readonly results: readonly PuppetResult[] }> => {
    const { Payload, FunctionError } = await invoke("puppet", { script });
    const text = Buffer.from(Payload ?? []).toString();
    assert.equal(FunctionError, undefined, text);
    return JSON.parse(text) as { event: any; results: PuppetResult[] };
  };
  const checkpoint = (Updates: readonly object[], more: object = {}, token?: number): Call => ({
    call: "CheckpointDurableExecution",
    input: { Updates, ...more },
    ...(token === undefined ? {} : { token }),
  });
  const update = (Id: string, Type: string, Action: string, more: object = {}) => ({
    Id,
    Type,
    Action,
    ...more,
  });

  it("hand a function its execution and take its checkpoints", async () => {
    const { event: given, results } = await perform([
      checkpoint([
        update("s", "STEP", "START", { Name: "named", SubType: "Step" }),
        update("w", "WAIT", "START", { WaitOptions: { WaitSeconds: 60 } }),
        update("c", "CALLBACK", "START", { CallbackOptions: { TimeoutSeconds: 60 } }),
      ]),
      checkpoint([
        update("s", "STEP", "SUCCEED", { Payload: '"done"' }),
        update("x", "CONTEXT", "START"),
        update("x", "CONTEXT", "SUCCEED", { Payload: "1", ContextOptions: { ReplayChildren: true } }),
        update("in", "STEP", "START", { ParentId: "x" }),
        update("w", "WAIT", "CANCEL"),
      ]),
      checkpoint([
        update("in", "STEP", "RETRY", {
          Error: { ErrorMessage: "no" },
          StepOptions: { NextAttemptDelaySeconds: 60 },
        }),
      ]),
    ]);
    assert.match(given.DurableExecutionArn, /:\$LATEST\/durable-execution\/[\w-]+\/[\w-]+$/);
    assert.equal(typeof given.CheckpointToken, "string");
    const [first, ...others] = given.InitialExecutionState.Operations;
    assert.deepEqual([first.Type, first.Status, others], ["EXECUTION", "STARTED", []]);
    assert.deepEqual(Object.keys(JSON.parse(first.ExecutionDetails.InputPayload)), ["script"]);
    const told = results.map(({ NewExecutionState }) =>
      NewExecutionState?.Operations.map(({ Id, Status }) => `${Id} ${Status}`),
    );
    assert.deepEqual(told, [
      ["s STARTED", "w STARTED", "c STARTED"],
      ["s SUCCEEDED", "x SUCCEEDED", "in STARTED", "w CANCELLED"],
      ["in PENDING"],
    ]);
    const [step, wait, callback] = results[0]?.NewExecutionState?.Operations ?? [];
    assert.deepEqual([step?.Name, step?.SubType, step?.StepDetails?.Attempt], ["named", "Step", 0]);
    assert.ok(wait?.WaitDetails?.ScheduledEndTimestamp);
    assert.match(callback?.CallbackDetails?.CallbackId ?? "", /^[A-Za-z0-9+/]+={0,2}$/);
    const [done, inner] = results[1]?.NewExecutionState?.Operations ?? [];
    assert.deepEqual([done?.StepDetails?.Result, done?.StepDetails?.Attempt], ['"done"', 1]);
    assert.deepEqual(inner?.ContextDetails, { ReplayChildren: true, Result: "1" });
    assert.equal(results[2]?.NewExecutionState?.Operations[0]?.StepDetails?.Error?.ErrorMessage, "no");
    assert.equal(new Set(results.map(({ CheckpointToken }) => CheckpointToken)).size, 3);
  });

  it("take a checkpoint once, and again only as a repetition", async () => {
    const begin = [update("s", "STEP", "START")];
    const { results } = await perform([
      checkpoint(begin, { ClientToken: "one" }, 0),
      checkpoint(begin, { ClientToken: "one" }, 0),
      checkpoint(begin, { ClientToken: "two" }, 0),
      checkpoint([], { CheckpointToken: "bm9uc2Vuc2U=" }),
      checkpoint([update("s", "STEP", "SUCCEED")]),
    ]);
    assert.deepEqual(results[1], results[0]);
    for (const stale of results.slice(2, 4)) {
      assert.deepEqual(stale, { error: INVALID, message: "Invalid checkpoint token" });
    }
    assert.equal(results[4]?.NewExecutionState?.Operations[0]?.Status, "SUCCEEDED");
  });

  it("refuse checkpoints that contradict each other or what there is", async () => {
    const large = "x".repeat(1_048_577);
    const cases: [readonly object[], RegExp][] = [
      [
        [update("e", "EXECUTION", "SUCCEED"), update("f", "EXECUTION", "SUCCEED")],
        /^Cannot checkpoint multiple EXECUTION updates\.$/,
      ],
      [
        [update("e", "EXECUTION", "SUCCEED"), update("s", "STEP", "START")],
        /^EXECUTION checkpoint must be the last update\.$/,
      ],
      [
        [update("a", "STEP", "START"), update("a", "STEP", "START")],
        /^Cannot checkpoint multiple operations with the same ID\.$/,
      ],
      [[update("a", "STEP", "START", { ParentId: "nobody" })], /^Invalid parent operation id\.$/],
      [[update("a", "STEP", "START", { ParentId: "known" })], /^Invalid parent operation id\.$/],
      [
        [update("known", "WAIT", "START", { WaitOptions: { WaitSeconds: 1 } })],
        /^Inconsistent operation type\.$/,
      ],
      [[update("known", "STEP", "SUCCEED", { Name: "other" })], /^Inconsistent operation name\.$/],
      [[update("known", "STEP", "SUCCEED", { SubType: "Other" })], /^Inconsistent operation subtype\.$/],
      [[update("known", "STEP", "START")], /^Invalid current STEP state to start\.$/],
      [[update("known", "STEP", "RETRY")], /^Invalid StepOptions for the given action\.$/],
      [[update("known", "STEP", "CANCEL")], /^Invalid action for the given operation type\.$/],
      [[update("a", "CALLBACK", "SUCCEED")], /^Invalid action for the given operation type\.$/],
      [[update("known", "STEP", "FAIL", { Payload: "1" })], /^Cannot provide a Payload for FAIL action\.$/],
      [[update("known", "STEP", "SUCCEED", { Error: {} })], /^Cannot provide an Error for SUCCEED action\.$/],
      [
        [update("a", "CHAINED_INVOKE", "START")],
        /^Update for CHAINED_INVOKE operation requires ChainedInvokeOptions\.$/,
      ],
      [[update("known", "STEP", "SUCCEED", { Payload: large })], /1048576 bytes/],
      [
        [update("known", "STEP", "FAIL", { Error: { ErrorMessage: large } })],
        /^Error object size must be less than 32768 bytes\.$/,
      ],
    ];
    const { results } = await perform([
      checkpoint([update("known", "STEP", "START", { Name: "it", SubType: "Step" })]),
      ...cases.map(([updates]) => checkpoint(updates)),
      checkpoint([update("known", "STEP", "SUCCEED", { Payload: large.slice(1) })]),
    ]);
    for (const [index, [, message]] of cases.entries()) {
      assert.equal(results[index + 1]?.error, INVALID, String(message));
      assert.match(results[index + 1]?.message ?? "", message);
    }
    // What was refused has changed nothing.
    assert.equal(results.at(-1)?.NewExecutionState?.Operations[0]?.Status, "SUCCEEDED");
  });

  it("tell a function their state in pages", async () => {
    const steps = Array.from({ length: 5 }, (_, index) => update(`s${index}`, "STEP", "START"));
    const state = (input: object): Call => ({ call: "GetDurableExecutionState", input });
    const { results } = await perform([
      checkpoint(steps),
      state({ MaxItems: 4 }),
      state({ MaxItems: 1_000 }),
      state({ CheckpointToken: "bm9uc2Vuc2U=" }),
      state({ Marker: "nonsense" }),
      state({ MaxItems: 4, Marker: Buffer.from("state/2").toString("base64url") }),
    ]);
    const ids = (result: PuppetResult | undefined) =>
      result?.Operations?.map(({ Id, Type }) => (Type === "EXECUTION" ? "start" : Id));
    assert.deepEqual(ids(results[1]), ["start", "s0", "s1", "s2"]);
    assert.equal(results[1]?.NextMarker, Buffer.from("state/2").toString("base64url"));
    assert.deepEqual(ids(results[2]), ["start", "s0", "s1", "s2", "s3", "s4"]);
    assert.equal(results[2]?.NextMarker, undefined);
    assert.deepEqual(results[3], { error: INVALID, message: "Invalid checkpoint token" });
    assert.equal(results[4]?.error, INVALID);
    assert.deepEqual(ids(results[5]), ["s3", "s4"]);
  });

  it("are started by qualified names, once by name, and waited for no longer than a quarter of an hour", async () => {
    const FunctionName = names["puppet"] ?? "";
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName })), {
      name: INVALID,
      message: "You cannot invoke a durable function using an unqualified ARN.",
    });
    assert.equal((await invoke("puppet", {}, { InvocationType: "DryRun" })).StatusCode, 204);
    await assert.rejects(invoke("sleeps", { seconds: 1 }), {
      name: INVALID,
      message:
        "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.",
    });
    await assert.rejects(
      lambda.send(new InvokeWithResponseStreamCommand({ FunctionName, Qualifier: "$LATEST" })),
      { name: INVALID },
    );
    const plain = await contract.createFunction();
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: plain, DurableExecutionName: "x" })), {
      name: INVALID,
    });
    const named = { DurableExecutionName: contract.name() };
    const first = await invoke("puppet", { script: [] }, named);
    assert.equal(first.ExecutedVersion, "$LATEST");
    const second = await invoke("puppet", { script: [] }, named);
    assert.equal(second.DurableExecutionArn, first.DurableExecutionArn);
    assert.deepEqual(second.Payload, first.Payload);
    await assert.rejects(invoke("puppet", { script: [], other: 1 }, named), {
      name: "DurableExecutionAlreadyStartedException",
    });
    const legacy = await lambda.send(
      new InvokeAsyncCommand({ FunctionName: `${FunctionName}:$LATEST`, InvokeArgs: '{"script":[]}' }),
    );
    assert.equal(legacy.Status, 202);
    for (const DurableExecutionName of ["a b", "x".repeat(65)]) {
      await assert.rejects(invoke("puppet", {}, { DurableExecutionName }), { name: "ValidationException" });
    }
  });

  it("are shown while and after they run, with their data or without", async () => {
    const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: names["sleeps"] }));
    const arn = await start("sleeps", { seconds: 3_000 }, { Qualifier: Version });
    const running = await get(arn);
    assert.deepEqual(
      [
        running.Status,
        running.Version,
        running.InputPayload,
        running.EndTimestamp,
        running.ExecutionDataIncluded,
      ],
      ["RUNNING", Version, '{"seconds":3000}', undefined, true],
    );
    assert.equal(running.FunctionArn, contract.functionArn(`${names["sleeps"]}:${Version}`));
    assert.deepEqual(running.DurableConfig, { ExecutionTimeout: 3_600, RetentionPeriodInDays: 1 });
    const bare = await get(arn, false);
    assert.deepEqual([bare.InputPayload, bare.ExecutionDataIncluded], [undefined, false]);
    await event(arn, "WaitStarted");
    const { StopTimestamp } = await stop(arn, "enough");
    const stopped = await get(arn);
    assert.deepEqual(
      [stopped.Status, stopped.Error, stopped.EndTimestamp],
      ["STOPPED", { ErrorMessage: "enough", ErrorType: "Stopped" }, StopTimestamp],
    );
    assert.deepEqual((await stop(arn)).StopTimestamp, StopTimestamp);
    const failure = await invoke("fails", {});
    assert.equal(failure.FunctionError, "Unhandled");
    assert.match(Buffer.from(failure.Payload ?? []).toString(), /it broke/);
    const failed = await get(failure.DurableExecutionArn ?? "");
    assert.deepEqual([failed.Status, failed.Result], ["FAILED", undefined]);
    assert.match(failed.Error?.ErrorMessage ?? "", /it broke/);
    const late = await ended(await start("brief", { seconds: 3_000 }));
    assert.deepEqual(
      [late.Status, late.Error?.ErrorMessage],
      ["TIMED_OUT", "Execution timed out after 1 seconds."],
    );
    for (const missing of [arn.replace(/[\w-]+$/, "nobody"), arn.replace(contract.account, "999999999999")]) {
      const request = { DurableExecutionArn: missing };
      const expected = { name: "ResourceNotFoundException" };
      await assert.rejects(lambda.send(new GetDurableExecutionCommand(request)), expected);
      await assert.rejects(lambda.send(new GetDurableExecutionHistoryCommand(request)), expected);
      await assert.rejects(lambda.send(new StopDurableExecutionCommand(request)), expected);
    }
    await assert.rejects(get("nonsense"), { name: "ValidationException" });
  });

  it("carry state beyond one page, and a result that was checkpointed", async () => {
    const large = await invoke("large", { steps: 6, characters: 900_000 });
    assert.equal(large.FunctionError, undefined);
    assert.equal(Buffer.from(large.Payload ?? []).toString(), String(6 * 900_000));
    const checkpointed = await invoke("puppet", {
      script: [checkpoint([update("e", "EXECUTION", "SUCCEED", { Payload: '"early"' })]), checkpoint([])],
    });
    assert.equal(Buffer.from(checkpointed.Payload ?? []).toString(), '"early"');
    const refused = await invoke("puppet", {
      script: [checkpoint([update("e", "EXECUTION", "FAIL", { Error: { ErrorMessage: "no" } })])],
    });
    assert.equal(refused.FunctionError, "Unhandled");
  });

  it("have at most 3,000 operations", async () => {
    const steps = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => update(`s${from + index}`, "STEP", "START"));
    const { results } = await perform([
      checkpoint(steps(0, 2_999)),
      checkpoint(steps(2_999, 3_001)),
      checkpoint(steps(2_999, 3_000)),
    ]);
    assert.deepEqual(results[1], {
      error: INVALID,
      message: "An execution must have at most 3000 operations.",
    });
    assert.equal(results[2]?.NewExecutionState?.Operations.length, 1);
  });

  it("stay with the version that an alias led to", async () => {
    const FunctionName = names["sleeps"] ?? "";
    const { Version: FunctionVersion } = await lambda.send(new PublishVersionCommand({ FunctionName }));
    await lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion }));
    const arn = await start("sleeps", { seconds: 1 }, { Qualifier: "live" });
    assert.match(arn, new RegExp(`:${FunctionVersion}/durable-execution/`));
    const { Status, Version, Result } = await ended(arn);
    assert.deepEqual([Status, Version, Result], ["SUCCEEDED", FunctionVersion, '"awake"']);
  });

  it("have a history in pages, both ways", async () => {
    const { DurableExecutionArn = "" } = await invoke("puppet", {
      script: [checkpoint([update("s", "STEP", "START"), update("s", "STEP", "SUCCEED", { Payload: "7" })])],
    });
    const read = async (ReverseOrder: boolean) => {
      const events: Event[] = [];
      for await (const { Events = [] } of paginateGetDurableExecutionHistory(
        { client: lambda, pageSize: 2 },
        { DurableExecutionArn, ReverseOrder },
      )) {
        assert.ok(Events.length <= 2);
        events.push(...Events);
      }
      return events;
    };
    const events = await read(false);
    assert.deepEqual(
      events.map(({ EventId, EventType }) => `${EventId} ${EventType}`),
      [
        "1 ExecutionStarted",
        "2 StepStarted",
        "3 StepSucceeded",
        "4 InvocationCompleted",
        "5 ExecutionSucceeded",
      ],
    );
    assert.deepEqual(await read(true), events.toReversed());
    assert.deepEqual(events[2]?.StepSucceededDetails?.Result, {});
    assert.ok(events[3]?.InvocationCompletedDetails?.StartTimestamp instanceof Date);
    const { Events = [] } = await lambda.send(
      new GetDurableExecutionHistoryCommand({ DurableExecutionArn, IncludeExecutionData: true }),
    );
    assert.deepEqual(Events[2]?.StepSucceededDetails?.Result, { Payload: "7" });
    await assert.rejects(
      lambda.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn, MaxItems: 1_001 })),
      { name: "ValidationException" },
    );
    await assert.rejects(
      lambda.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn, Marker: "x" })),
      { name: INVALID },
    );
  });

  it("are listed by name, status, time and version, in pages", async () => {
    const FunctionName = names["asks"] ?? "";
    const mine: string[] = [];
    const all = [contract.name(), contract.name(), contract.name()];
    for (const DurableExecutionName of all) {
      mine.push(await start("asks", {}, { DurableExecutionName }));
      const startedBy = Date.now();
      // They are in the order of their times, which are milliseconds.
      await eventually(() => Date.now() > startedBy || undefined, { what: "another millisecond" });
    }
    await stop(mine[1] ?? "");
    const list = async (filter: object) => {
      const listed: (string | undefined)[] = [];
      for await (const { DurableExecutions = [] } of paginateListDurableExecutionsByFunction(
        { client: lambda, pageSize: 2 },
        { FunctionName, ...filter },
      )) {
        listed.push(...DurableExecutions.map(({ DurableExecutionArn }) => DurableExecutionArn));
      }
      return listed.filter((arn) => mine.includes(arn ?? ""));
    };
    assert.deepEqual(await list({}), mine);
    assert.deepEqual(await list({ ReverseOrder: true }), mine.toReversed());
    assert.deepEqual(await list({ Statuses: ["STOPPED", "FAILED"] }), [mine[1]]);
    assert.deepEqual(await list({ DurableExecutionName: all[2] }), [mine[2]]);
    assert.deepEqual(await list({ StartedAfter: new Date(Date.now() + 60_000) }), []);
    assert.deepEqual(await list({ StartedBefore: new Date(Date.now() - 3_600_000) }), []);
    assert.deepEqual(await list({ Qualifier: "$LATEST" }), mine);
    await assert.rejects(
      lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: "nobody" })),
      { name: "ResourceNotFoundException" },
    );
    await assert.rejects(
      lambda.send(new ListDurableExecutionsByFunctionCommand({ FunctionName, Marker: "x" })),
      { name: INVALID },
    );
    for (const arn of mine) await stop(arn);
  });

  it("get answers to their callbacks, or time out", async () => {
    const ask = async (config: object = {}) => {
      const arn = await start("asks", { config });
      const { CallbackStartedDetails } = await event(arn, "CallbackStarted");
      return { arn, CallbackId: CallbackStartedDetails?.CallbackId ?? "", details: CallbackStartedDetails };
    };
    const success = (CallbackId: string, Result?: string) =>
      lambda.send(
        new SendDurableExecutionCallbackSuccessCommand({
          CallbackId,
          ...(Result === undefined ? {} : { Result: Buffer.from(Result) }),
        }),
      );
    const heartbeat = (CallbackId: string) =>
      lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }));

    const good = await ask({ timeout: { minutes: 5 }, heartbeatTimeout: { minutes: 1 } });
    assert.deepEqual([good.details?.Timeout, good.details?.HeartbeatTimeout], [300, 60]);
    await heartbeat(good.CallbackId);
    await success(good.CallbackId, "yes");
    assert.deepEqual(JSON.parse((await ended(good.arn)).Result ?? ""), { answer: "yes" });
    await assert.rejects(success(good.CallbackId), { name: "ResourceNotFoundException" });

    const bad = await ask();
    await lambda.send(
      new SendDurableExecutionCallbackFailureCommand({
        CallbackId: bad.CallbackId,
        Error: { ErrorMessage: "denied", ErrorType: "Denied" },
      }),
    );
    assert.match((await ended(bad.arn)).Result ?? "", /denied/);

    const timings = [{ timeout: { seconds: 1 } }, { heartbeatTimeout: { seconds: 1 } }];
    await Promise.all(
      timings.map(async (config) => {
        const late = await ask(config);
        assert.match((await ended(late.arn)).Result ?? "", /timed out/i);
        assert.ok((await event(late.arn, "CallbackTimedOut")).CallbackTimedOutDetails?.Error?.Payload);
        await assert.rejects(success(late.CallbackId), { name: "CallbackTimeoutException" });
        await assert.rejects(heartbeat(late.CallbackId), { name: "CallbackTimeoutException" });
      }),
    );
    const largest = await ask();
    await assert.rejects(success(largest.CallbackId, "x".repeat(262_145)), {
      name: /ValidationException|RequestEntityTooLarge/,
    });
    await success(largest.CallbackId, "x".repeat(262_144));
    await ended(largest.arn);
    const unknown = Buffer.from("nobody/nothing").toString("base64");
    for (const [CallbackId, name] of [
      [unknown, "ResourceNotFoundException"],
      [Buffer.from("nonsense").toString("base64"), INVALID],
      ["!", "ValidationException"],
    ] as const) {
      await assert.rejects(success(CallbackId), { name });
      await assert.rejects(heartbeat(CallbackId), { name });
      await assert.rejects(lambda.send(new SendDurableExecutionCallbackFailureCommand({ CallbackId })), {
        name,
      });
    }
  });
});
