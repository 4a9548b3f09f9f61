import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  InvokeAsyncCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaServiceException,
} from "@aws-sdk/client-lambda";
import type { FunctionDocument } from "../../src/functions/document.ts";
import { eventually } from "../../testkit/eventually.ts";
import { ACCOUNT, REGION } from "../../testkit/functions-world.ts";
import { LambdaDoor } from "../../testkit/lambda-door.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function`;
const inState = (state: string) =>
  `The operation cannot be performed at this time. The function is currently in the following state: ${state}`;
const missing = (name: string) => `Function not found: ${ARN}:${name}`;
const otherCode = (n: number) => zipOf({ "index.mjs": `export const handler = () => ${n};\n` });

let door: LambdaDoor;
let slowStarts = false;
const held = Promise.withResolvers<void>();
/** Names whose states do not come to rest. */
const holding = new Set<string>();
/** Names whose code is lost right after it was stored. */
const losing = new Set<string>();

type Update = (
  operation: "CreateFunction" | "UpdateFunctionCode" | "PublishVersion",
  input: object,
) => Promise<any>;
const call: Update = (operation, input) => door.world.call(operation, input as never);

before(async () => {
  door = await LambdaDoor.open({ startMs: () => (slowStarts ? 60_000 : 0) });
  const { world } = door;
  world.state.beforeWrite = async ({ value }) => {
    const { name, latest, versions } = (value ?? {}) as unknown as Partial<FunctionDocument>;
    if (name === undefined || !holding.has(name)) return;
    const moving =
      latest?.state === "Pending" ||
      latest?.update === "InProgress" ||
      Object.values(versions ?? {}).some(({ state }) => state === "Pending");
    if (!moving) await held.promise;
  };
  world.state.afterWrite = async ({ value }) => {
    const { name, latest } = (value ?? {}) as unknown as Partial<FunctionDocument>;
    if (name === undefined || latest === undefined || !losing.delete(name)) return;
    await world.blobs.delete(latest.code.sha256);
    await rename(join(world.packages, latest.code.sha256), join(world.packages, `lost-${name}`));
  };
  const settings = (FunctionName: string, n: number) => ({
    FunctionName,
    Role: `arn:aws:iam::${ACCOUNT}:role/worker`,
    Runtime: "python3.13",
    Handler: "index.handler",
    Code: { ZipFile: otherCode(n) },
  });

  await world.create("active");
  await call("PublishVersion", { FunctionName: "active" });
  holding.add("pending");
  await call("CreateFunction", settings("pending", 1));
  holding.add("unpublished");
  await call("CreateFunction", { ...settings("unpublished", 2), Publish: true });
  losing.add("failed");
  await call("CreateFunction", settings("failed", 3));
  assert.equal((await world.settled("failed")).State, "Failed");
  await world.create("updating");
  holding.add("updating");
  await call("UpdateFunctionCode", { FunctionName: "updating", ZipFile: otherCode(4) });
  await world.create("stale");
  losing.add("stale");
  await call("UpdateFunctionCode", { FunctionName: "stale", ZipFile: otherCode(5) });
  assert.equal((await world.settled("stale")).LastUpdateStatus, "Failed");
  await world.create("snapshot", { Runtime: "python3.13", SnapStart: { ApplyOn: "PublishedVersions" } });
  holding.add("snapshot");
  await call("PublishVersion", { FunctionName: "snapshot" });
  await world.call("CreateAlias", { FunctionName: "snapshot", Name: "live", FunctionVersion: "1" });
  await world.create("tenants", { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
  await world.create("reserved");
  await world.call("PutFunctionConcurrency", { FunctionName: "reserved", ReservedConcurrentExecutions: 0 });
  await world.create("gone");
  await world.call("DeleteFunction", { FunctionName: "gone" });
});

after(async () => {
  held.resolve();
  await door[Symbol.asyncDispose]();
});

type Way = "Invoke" | "Event" | "DryRun" | "stream" | "InvokeAsync";
const WAYS: readonly Way[] = ["Invoke", "Event", "DryRun", "stream", "InvokeAsync"];

/** What it answers: the status, or error code and message. */
async function ask(
  way: Way,
  name: string,
  more: object = {},
): Promise<number | readonly [number, string, string]> {
  const { lambda } = door;
  const FunctionName = name;
  try {
    if (way === "InvokeAsync") {
      // Qualifiers go with the name, since the operation has no member for them, nor for tenants.
      const { Qualifier } = more as { Qualifier?: string };
      const whole = Qualifier === undefined ? name : `${name}:${Qualifier}`;
      return (
        (await lambda.send(new InvokeAsyncCommand({ FunctionName: whole, InvokeArgs: "{}" }))).Status ?? 0
      );
    }
    if (way === "stream") {
      const answer = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName, ...more }));
      for await (const _ of answer.EventStream ?? []);
      return answer.StatusCode ?? 0;
    }
    const InvocationType = way === "Invoke" ? "RequestResponse" : way;
    return (await lambda.send(new InvokeCommand({ FunctionName, InvocationType, ...more }))).StatusCode ?? 0;
  } catch (error) {
    assert.ok(error instanceof LambdaServiceException, String(error));
    assert.match(error.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);
    return [error.$metadata.httpStatusCode ?? 0, error.name, error.message];
  }
}

const SERVED = { Invoke: 200, Event: 202, DryRun: 204, stream: 200, InvokeAsync: 202 };
type Answers = Partial<Record<Way, number | readonly [number, string, string]>>;
const all = (status: number, code: string, message: string): Answers =>
  Object.fromEntries(WAYS.map((way) => [way, [status, code, message] as const]));
const CONFLICT = "ResourceConflictException";
const NOT_FOUND = "ResourceNotFoundException";
const PARAMETER = "InvalidParameterValueException";
const snapshotPending = all(
  409,
  "SnapStartNotReadyException",
  "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.",
);
const noTenant = "Add a valid tenant ID in your request and try again.";
const throttled = [429, "TooManyRequestsException", "Rate Exceeded."] as const;

const CASES: readonly (readonly [what: string, name: string, more: object, Answers])[] = [
  ["Active", "active", {}, SERVED],
  ["Active, by a version", "active", { Qualifier: "1" }, SERVED],
  ["Pending", "pending", {}, all(409, CONFLICT, inState("Pending"))],
  ["a version that is Pending", "unpublished", { Qualifier: "1" }, all(409, CONFLICT, inState("Pending"))],
  ["Failed", "failed", {}, all(409, CONFLICT, inState("Failed"))],
  ["an update in progress", "updating", {}, SERVED],
  ["an update that failed", "stale", {}, SERVED],
  ["SnapStart, not published", "snapshot", {}, SERVED],
  ["SnapStart, its snapshot pending", "snapshot", { Qualifier: "1" }, snapshotPending],
  ["an alias of that version", "snapshot", { Qualifier: "live" }, snapshotPending],
  ["no function", "absent", {}, all(404, NOT_FOUND, missing("absent:$LATEST"))],
  ["deleted", "gone", {}, all(404, NOT_FOUND, missing("gone:$LATEST"))],
  ["no version", "active", { Qualifier: "7" }, all(404, NOT_FOUND, missing("active:7"))],
  ["no alias", "active", { Qualifier: "live" }, all(404, NOT_FOUND, missing("active:live"))],
  ["a tenant's function without a tenant", "tenants", {}, all(400, PARAMETER, noTenant)],
  [
    "a tenant's function",
    "tenants",
    { TenantId: "blue" },
    { ...SERVED, InvokeAsync: [400, PARAMETER, noTenant] },
  ],
  [
    "a tenant of a function without",
    "active",
    { TenantId: "blue" },
    {
      ...all(400, PARAMETER, "The invoked function is not enabled with tenancy configuration."),
      InvokeAsync: 202,
    },
  ],
  ["nothing reserved", "reserved", {}, { ...SERVED, Invoke: throttled, stream: throttled }],
  [
    "another region",
    `arn:aws:lambda:us-west-2:${ACCOUNT}:function:active`,
    {},
    all(404, NOT_FOUND, `Functions from 'us-west-2' are not reachable in this region ('${REGION}')`),
  ],
];

for (const [what, name, more, wanted] of CASES) {
  test(`invoked in five ways: ${what}`, async () => {
    const answers: Answers = {};
    for (const way of WAYS) answers[way] = await ask(way, name, more);
    assert.deepEqual(answers, wanted);
  });
}

test("until an update is done, and after one that failed, what was before serves", async () => {
  for (const name of ["updating", "stale"]) {
    const latest = await door.world.call("GetFunctionConfiguration", { FunctionName: name });
    await ask("Invoke", name);
    const ran = door.host.dispatches.at(-1)?.environment.spec;
    assert.equal(ran?.functionName, name);
    const new256 = Buffer.from(latest.CodeSha256, "base64").toString("hex");
    assert.ok(!ran?.codeDirectory.includes(new256), `${name} ran ${ran?.codeDirectory}`);
  }
});

test("what waits while its function is deleted is answered as if it had never been there", async () => {
  await door.world.create("doomed");
  slowStarts = true;
  const waiting = ask("Invoke", "doomed");
  await eventually(() => door.host.starting > 0 || undefined, { what: "an environment starts" });
  slowStarts = false;
  await door.world.call("DeleteFunction", { FunctionName: "doomed" });
  assert.deepEqual(await waiting, [404, NOT_FOUND, missing("doomed:$LATEST")]);
});
