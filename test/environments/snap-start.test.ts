import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type EnvironmentWorld, openEnvironmentWorld } from "../../testkit/environment-world.ts";

/** A function whose loading does what a runtime with hooks does at the end of its init. */
const FUNCTION = `
import http from "node:http";
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const call = (method, path, headers = {}, body) => new Promise((resolve) => {
  http.request({ host, port, method, path, headers }, (answer) => {
    let text = "";
    answer.on("data", (part) => { text += part; });
    answer.on("end", () => resolve([answer.statusCode, text]));
  }).end(body);
});
const restored = [
  await call("GET", "/2018-06-01/runtime/restore/next"),
  await call("GET", "/2018-06-01/runtime/restore/next"),
];
if (process.env.FAILS !== undefined) {
  const type = { "Lambda-Runtime-Function-Error-Type": "Runtime.AfterRestoreError" };
  await call("POST", "/2018-06-01/runtime/restore/error", type, '{"errorMessage":"no","errorType":"E"}');
  process.exit(65);
}
const credentials = async (authorization) => {
  const url = new URL(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI);
  return call("GET", url.pathname, { authorization });
};
export const handler = async () => ({
  restored,
  variables: Object.keys(process.env),
  credentials: await credentials(process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN),
  stranger: await credentials("00000000-0000-4000-8000-000000000000"),
});`;

describe("environments that could come of a snapshot", () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: "namespaces", initMs: 60_000 });
  });
  after(() => world.close());

  const snapStart = {
    runtime: "nodejs22.x",
    files: { "index.mjs": FUNCTION },
    initialization: "snap-start",
    version: "1",
    timeoutMs: 30_000,
  } as const;

  it("go on at once with their restore, and ask for credentials, which are new each time", async () => {
    const running = await world.start(snapStart);
    const { json } = await running.invoke({});
    const [first, second] = json.restored;
    assert.deepEqual(first, [200, ""]);
    assert.equal(second[0], 403);
    assert.match(second[1], /State transition from RestoreReady to RestoreReady failed/);
    for (const absent of ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_STREAM_NAME"])
      assert.ok(!json.variables.includes(absent), absent);
    assert.deepEqual(json.stranger, [404, "cannot get credentials for the provided token\n"]);
    const read = ([status, text]: [number, string]) => {
      assert.equal(status, 200);
      return JSON.parse(text) as Record<string, string>;
    };
    const earlier = read(json.credentials);
    assert.deepEqual(Object.keys(earlier), ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"]);
    const later = read((await running.invoke({})).json.credentials);
    assert.ok(
      Date.parse(later["Expiration"] ?? "") > Date.parse(earlier["Expiration"] ?? ""),
      "they are renewed",
    );
  });

  it("answer with what the function fails with after a restore, and do not come up where nobody asked", async () => {
    const fails = { ...snapStart, environment: { FAILS: "yes" } };
    const running = await world.start(fails);
    const { outcome, text } = await running.invoke({});
    assert.deepEqual([outcome.functionError, outcome.errorType], ["Unhandled", "Runtime.AfterRestoreError"]);
    assert.equal(text, '{"errorMessage":"no","errorType":"E"}');
    await assert.rejects(world.start({ ...fails, settings: { ahead: true } }), {
      name: "InitFailed",
      message: "Runtime.AfterRestoreError",
    });
  });
});
