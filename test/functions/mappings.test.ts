import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventSource } from "../../src/base/index.ts";
import { functionLimits } from "../../src/base/index.ts";
import { eventually } from "../../testkit/eventually.ts";
import { ACCOUNT, FunctionsWorld, REGION, ROLE } from "../../testkit/functions-world.ts";
import { settle } from "../../testkit/simulated-clock.ts";

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`;
const STREAM = `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/clicks`;

/** Sources whose answers the test gives. */
class Sources {
  readonly asked: EventSource[] = [];
  answer: "ok" | "missing" | "unserved" = "ok";
  #held: (() => void)[] | undefined;

  async check(source: EventSource): Promise<"ok" | "missing" | "unserved"> {
    this.asked.push(source);
    if (this.#held !== undefined) await new Promise<void>((resolve) => this.#held?.push(resolve));
    return this.answer;
  }

  /** From now on nobody gets an answer until `release`. */
  hold(): void {
    this.#held = [];
  }

  async release(): Promise<void> {
    for (const resolve of this.#held?.splice(0) ?? []) resolve();
    this.#held = undefined;
    await settle();
  }
}

async function open(): Promise<{ world: FunctionsWorld; sources: Sources }> {
  const sources = new Sources();
  const world = await FunctionsWorld.open({ eventSources: sources });
  await world.create("worker");
  return { world, sources };
}

describe("event source mappings inside the control plane", () => {
  it("look the source up, and say it in its service's words when it is missing", async () => {
    const { world, sources } = await open();
    sources.answer = "missing";
    await assert.rejects(
      world.call("CreateEventSourceMapping", { FunctionName: "worker", EventSourceArn: QUEUE }),
      {
        code: "InvalidParameterValueException",
        message:
          "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
      },
    );
    await assert.rejects(
      world.call("CreateEventSourceMapping", {
        FunctionName: "worker",
        EventSourceArn: STREAM,
        StartingPosition: "LATEST",
      }),
      { code: "InvalidParameterValueException", message: `Stream not found: ${STREAM}` },
    );
    assert.deepEqual(
      sources.asked.map(({ kind, arn }) => [kind, arn]),
      [
        ["sqs", QUEUE],
        ["kinesis", STREAM],
      ],
    );
    assert.deepEqual((await world.call("ListEventSourceMappings", {})).EventSourceMappings, []);
    await world.close();
  });

  it("are in use while they change, and go on after a crash in between", async () => {
    const { world, sources } = await open();
    const { UUID } = await world.call("CreateEventSourceMapping", {
      FunctionName: "worker",
      EventSourceArn: QUEUE,
    });
    await settle();
    sources.hold();
    await world.call("UpdateEventSourceMapping", { UUID, Enabled: false });
    for (const [operation, action] of [
      ["UpdateEventSourceMapping", "update"],
      ["DeleteEventSourceMapping", "delete"],
    ] as const) {
      await assert.rejects(world.call(operation, { UUID }), {
        code: "ResourceInUseException",
        status: 400,
        message: `Cannot ${action} the event source mapping because it is in use.`,
      });
    }
    assert.equal((await world.call("GetEventSourceMapping", { UUID })).State, "Disabling");
    await world.start();
    assert.equal((await world.call("GetEventSourceMapping", { UUID })).State, "Disabling");
    await sources.release();
    const settled = await eventually(
      async () => {
        const found = await world.call("GetEventSourceMapping", { UUID });
        return found.State === "Disabling" ? undefined : found;
      },
      { what: "a mapping out of transition" },
    );
    assert.deepEqual([settled.State, settled.StateTransitionReason], ["Disabled", "USER_INITIATED"]);
    await world.close();
  });

  it("say that nothing reads their source, where that is so", async () => {
    const { world, sources } = await open();
    sources.answer = "unserved";
    const { UUID } = await world.call("CreateEventSourceMapping", {
      FunctionName: "worker",
      EventSourceArn: QUEUE,
    });
    await settle();
    const { State, StateTransitionReason } = await world.call("GetEventSourceMapping", { UUID });
    assert.equal(State, "Enabled");
    assert.equal(
      StateTransitionReason,
      "USER_INITIATED; no records are read: this server has no poller for Amazon SQS.",
    );
    await world.close();
  });

  it("are watched by pollers, which write back what they found", async () => {
    const { world } = await open();
    const { mappings } = world.functions;
    const seen: (string | undefined)[] = [];
    mappings.onChange((_before, after) => seen.push(after?.document.state));
    const { UUID } = await world.call("CreateEventSourceMapping", {
      FunctionName: "worker",
      EventSourceArn: STREAM,
      StartingPosition: "TRIM_HORIZON",
    });
    await settle();
    assert.deepEqual(seen, ["Creating", "Enabled"]);
    assert.deepEqual(
      [...mappings.all()].map(({ id, document }) => [id, document.kind, document.functionArn]),
      [[UUID, "kinesis", `arn:aws:lambda:${REGION}:${ACCOUNT}:function:worker`]],
    );
    const scope = { account: ACCOUNT, region: REGION };
    await mappings.report(scope, UUID, { lastProcessingResult: "PROBLEM: Function call failed" });
    await mappings.report(scope, "nobody", { lastProcessingResult: "OK" });
    const found = await world.call("GetEventSourceMapping", { UUID });
    assert.deepEqual([found.State, found.LastProcessingResult], ["Enabled", "PROBLEM: Function call failed"]);
    await world.call("DeleteEventSourceMapping", { UUID });
    await settle();
    assert.equal(seen.at(-1), undefined);
    await world.close();
  });

  it("of other accounts and regions are not seen, and another's function is not mapped", async () => {
    const { world } = await open();
    const { UUID } = await world.call("CreateEventSourceMapping", {
      FunctionName: "worker",
      EventSourceArn: QUEUE,
    });
    for (const caller of [{ account: "999999999999" }, { region: "us-west-2" }]) {
      await assert.rejects(world.call("GetEventSourceMapping", { UUID }, caller), {
        code: "ResourceNotFoundException",
      });
    }
    await assert.rejects(
      world.call("CreateEventSourceMapping", {
        FunctionName: `arn:aws:lambda:${REGION}:999999999999:function:worker`,
        EventSourceArn: QUEUE,
      }),
      { code: "AccessDeniedException" },
    );
    await world.close();
  });
});

describe("capacity providers inside the control plane", () => {
  it("are limited in number", async () => {
    const world = await FunctionsWorld.open();
    const make = (CapacityProviderName: string) =>
      world.call("CreateCapacityProvider", {
        CapacityProviderName,
        VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] },
        PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
      });
    for (let n = 0; n < functionLimits.capacityProviders; n++) await make(`p${n}`);
    await assert.rejects(make("more"), { code: "CapacityProviderLimitExceededException", status: 400 });
    await world.call("DeleteCapacityProvider", { CapacityProviderName: "p0" });
    await settle();
    await make("more");
    await world.close();
  });
});
