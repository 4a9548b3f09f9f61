import assert from "node:assert/strict";
import { test } from "node:test";
import { invokeLimits } from "../../src/base/index.ts";
import { steady } from "../../testkit/fake-environments.ts";
import { InvokeWorld } from "../../testkit/invoke-world.ts";

const MIB = 1_024 * 1_024;
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

test("a synchronous invocation answers with the function's bytes, version and request id", async () => {
  const world = new InvokeWorld({
    behaviour: steady({
      run: () => ({
        afterMs: 7.4,
        outcome: { payload: json({ done: true }), logTail: Buffer.from("START") },
      }),
    }),
  });
  world.catalog.put("f", { version: "3", memoryMiB: 512 });
  const answering = world.invoke("f", { Payload: json({ a: 1 }), Qualifier: "live", LogType: "Tail" });
  await world.clock.advance(100);
  const { output, headers, requestId } = await answering;
  assert.equal(output?.StatusCode, 200);
  assert.equal(output?.ExecutedVersion, "3");
  assert.equal(output?.FunctionError, undefined);
  assert.equal(Buffer.from(output?.LogResult ?? "", "base64").toString(), "START");
  assert.equal(Buffer.from(output?.Payload ?? []).toString(), '{"done":true}');
  assert.equal(headers["content-type"], "application/json");
  assert.match(
    headers["x-amzn-trace-id"] ?? "",
    /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/,
  );
  const [dispatch] = world.host.dispatches;
  assert.equal(dispatch?.invocation.requestId, requestId);
  assert.equal(
    dispatch?.invocation.invokedFunctionArn,
    "arn:aws:lambda:us-east-1:000000000000:function:f:live",
  );
  assert.equal(dispatch?.invocation.traceId, headers["x-amzn-trace-id"]);
  assert.equal(dispatch?.invocation.wantsLogTail, true);
  assert.deepEqual(
    world.usage.map((record) => [
      record.requestId,
      record.attempt,
      record.subject.version,
      record.subject.memoryMiB,
      record.status,
    ]),
    [[requestId, 1, "3", 512, "success"]],
  );
});

test("a function error is an answer, not a failure", async () => {
  const world = new InvokeWorld({
    behaviour: steady({
      run: () => ({ afterMs: 1, outcome: { functionError: "Unhandled", status: "timeout" } }),
    }),
  });
  world.catalog.put("f");
  const answering = world.invoke("f");
  await world.clock.advance(100);
  const { output } = await answering;
  assert.equal(output?.StatusCode, 200);
  assert.equal(output?.FunctionError, "Unhandled");
  assert.equal(output?.LogResult, undefined);
  assert.equal(world.usage[0]?.status, "timeout");
});

test("an empty payload reaches the function as an empty object, any other byte for byte", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const payloads = [
    undefined,
    Buffer.alloc(0),
    Buffer.from(' \n{"b" : 1.50,"a":"\u00e9"} '),
    Buffer.from("null"),
  ];
  for (const Payload of payloads) {
    const answering = world.invoke("f", { Payload });
    await world.clock.advance(100);
    assert.equal((await answering).output?.StatusCode, 200);
  }
  assert.deepEqual(
    world.host.dispatches.map((dispatch) => Buffer.from(dispatch.invocation.payload).toString()),
    ["{}", "{}", ' \n{"b" : 1.50,"a":"\u00e9"} ', "null"],
  );
});

test("a dry run checks everything and runs nothing", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  assert.deepEqual((await world.invoke("f", { InvocationType: "DryRun" })).output, { StatusCode: 204 });
  const missing = await world.invoke("g", { InvocationType: "DryRun" });
  assert.equal(missing.error?.code, "ResourceNotFoundException");
  const invalid = await world.invoke("f", { InvocationType: "DryRun", Payload: Buffer.from("{") });
  assert.equal(invalid.error?.code, "InvalidRequestContentException");
  await world.clock.advance(1_000);
  assert.equal(world.host.created, 0);
});

test("payload limits", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const payload = (bytes: number): Uint8Array => Buffer.from(`"${"x".repeat(bytes - 2)}"`);
  const cases = [
    { InvocationType: "RequestResponse", limit: 6 * MIB, status: 200 },
    { InvocationType: "Event", limit: MIB, status: 202 },
  ];
  for (const { InvocationType, limit, status } of cases) {
    const fits = world.invoke("f", { InvocationType, Payload: payload(limit) });
    await world.clock.advance(100);
    assert.equal((await fits).output?.StatusCode, status);
    const { error } = await world.invoke("f", { InvocationType, Payload: payload(limit + 1) });
    assert.equal(error?.code, "RequestEntityTooLargeException");
    assert.equal(error?.status, 413);
    assert.equal(
      error?.message,
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
    );
  }
});

test("checks come in AWS's order: size, JSON, existence", async () => {
  const world = new InvokeWorld();
  const tooLarge = await world.invoke("missing", { Payload: Buffer.alloc(6 * MIB + 1) });
  assert.equal(tooLarge.error?.code, "RequestEntityTooLargeException");
  const invalid = await world.invoke("missing", { Payload: Buffer.from("nope") });
  assert.equal(invalid.error?.code, "InvalidRequestContentException");
  assert.equal((await world.invoke("missing")).error?.code, "ResourceNotFoundException");
});

test("the client context is checked and arrives as header-safe JSON", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  const answering = world.invoke("f", { ClientContext: encode('{"custom":\n{"city":"Zürich\u2028"}}') });
  await world.clock.advance(100);
  await answering;
  assert.equal(
    world.host.dispatches[0]?.invocation.clientContext,
    '{"custom":{"city":"Z\\u00fcrich\\u2028"}}',
  );
  const refused = ["@@@", encode("[1]"), encode("{"), encode('"x"'), encode(`{"a":"${"x".repeat(3_000)}"}`)];
  for (const ClientContext of refused) {
    const { error } = await world.invoke("f", { ClientContext });
    assert.equal(error?.code, "InvalidRequestContentException");
    assert.equal(error?.message, "Client context must be a valid Base64-encoded JSON object.");
  }
});

test("the caller's trace goes on with the function as parent; a malformed one is replaced", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const root = "1-5759e988-bd862e3fe1be46a994272793";
  const seen = async (header: string): Promise<string> => {
    const answering = world.invoke("f", {}, { "x-amzn-trace-id": header });
    await world.clock.advance(100);
    await answering;
    return world.host.dispatches.at(-1)?.invocation.traceId ?? "";
  };
  const parent = "53995c3f42cd8ad8";
  const passed = await seen(`Root=${root};Parent=${parent};Sampled=1;Lineage=1:a1b2c3d4:0;Self=x`);
  assert.match(
    passed,
    new RegExp(`^Root=${root};Parent=[0-9a-f]{16};Sampled=1;Lineage=1:a1b2c3d4:0[|][0-9a-f]{8}:0$`),
  );
  assert.ok(!passed.includes(parent));
  const replaced = await seen("Root=1-x\u0001;Sampled=maybe;Lineage=a b");
  assert.match(
    replaced,
    /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0$/,
  );
});

test("a request id of the caller's has to be a UUID", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  const { error } = await world.invoke("f", {}, { "x-amzn-requestid": "mine" });
  assert.equal(error?.code, "InvalidRequestContentException");
});

test("a chain that comes back to a function too often is stopped, unless the function allows it", async () => {
  const world = new InvokeWorld();
  world.catalog.put("f");
  let trace = "";
  const call = async (): Promise<number | string | undefined> => {
    const answering = world.invoke("f", {}, trace === "" ? {} : { "x-amzn-trace-id": trace });
    await world.clock.advance(100);
    const { output, error, headers } = await answering;
    trace = headers["x-amzn-trace-id"] ?? "";
    return output?.StatusCode ?? error?.code;
  };
  for (let hop = 1; hop <= invokeLimits.loopInvocations; hop += 1) assert.equal(await call(), 200, `${hop}`);
  assert.equal(await call(), "RecursiveInvocationException");
  world.catalog.put("f", { recursiveLoop: "Allow" });
  assert.equal(await call(), 200);
});
