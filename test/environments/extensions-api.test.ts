import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ExtensionsApiWorld, RESERVED_PORT } from "../../testkit/extensions-api-world.ts";
import { seededRandomness } from "../../testkit/seeded-randomness.ts";

const API = "/2020-01-01/extension/";
const UNKNOWN = "11111111-2222-4333-8444-555555555555";

let world: ExtensionsApiWorld;
beforeEach(async () => {
  world = await new ExtensionsApiWorld(seededRandomness(1)).open();
});
afterEach(() => world.close());

/** Registers an extension and returns what it identifies itself by. */
async function registered(name: string, body?: string): Promise<string> {
  const answer = await world.register(name, body);
  assert.equal(answer.status, 200, answer.body);
  return answer.fields.get("lambda-extension-identifier") ?? "";
}

const refusal = (errorType: string, errorMessage: string) =>
  `${JSON.stringify({ errorMessage, errorType })}\n`;

describe("Extensions API", () => {
  it("refuses registrations with AWS's texts", async () => {
    world.extensions.launched("external");
    const invalid = "Extension.InvalidEventType";
    const cases = [
      ["", "{}", "Extension.InvalidExtensionName", "Empty extension name"],
      ["x", '{"events":["OTHER"]}', invalid, "OTHER: ErrorInvalidEventType"],
      [
        "x",
        '{"events":["INVOKE","SHUTDOWN"]}',
        invalid,
        "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
      ],
      [
        "x",
        '{"configurationKeys":["a"]}',
        "InvalidRequestFormat",
        "configurationKeys are deprecated; use environment variables instead",
      ],
    ] as const;
    for (const [name, body, errorType, errorMessage] of cases) {
      const answer = await world.register(name, body);
      assert.deepEqual([answer.status, answer.body], [403, refusal(errorType, errorMessage)]);
    }
    for (const body of ["", "{", "[]", '{"events":{}}', '{"events":[1]}']) {
      const answer = await world.register("x", body);
      assert.equal(answer.status, 403, body);
      assert.equal((JSON.parse(answer.body) as { errorType: string }).errorType, "InvalidRequestFormat");
    }
    assert.deepEqual(world.changed, []);
    await registered("external", '{"events":["SHUTDOWN"]}');
    const taken = await world.register("external");
    const again = refusal("Extension.InvalidExtensionState", "Extension with this name already registered");
    assert.deepEqual([taken.status, taken.body], [403, again]);
    for (let count = 1; count < 10; count += 1) await registered(`internal-${count}`);
    const eleventh = await world.register("one-more");
    const limit = refusal("Extension.TooManyExtensions", "Extension limit (10) reached");
    assert.deepEqual([eleventh.status, eleventh.body], [403, limit]);
    world.extensions.closeRegistration();
    const late = await world.register("late");
    const closed = refusal("Extension.RegistrationClosed", "Extension registration closed already");
    assert.deepEqual([late.status, late.body], [403, closed]);
  });

  it("answers a registration with the function, and its account if asked", async () => {
    const plain = await world.register("plain");
    assert.equal(
      plain.body,
      '{"functionName":"f\\u003c1\\u003e","functionVersion":"$LATEST","handler":"index.handler"}\n',
    );
    const fields = {
      "Lambda-Extension-Name": "asks",
      "Lambda-Extension-Accept-Feature": "other, accountId",
    };
    const asks = await world.ask("POST", `${API}register`, fields, "{}");
    assert.match(asks.body, /^\{"accountId":"123456789012","functionName":/);
  });

  it("refuses calls without a known identifier", async () => {
    const calls = [
      ["GET", "event/next"],
      ["POST", "init/error"],
      ["POST", "exit/error"],
    ] as const;
    const cases = [
      [{}, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"],
      [{ id: "no-uuid" }, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"],
      [{ id: UNKNOWN }, "Extension.UnknownExtensionIdentifier", `Unknown extension ${UNKNOWN}`],
    ] as const;
    for (const [method, path] of calls) {
      for (const [{ id }, errorType, errorMessage] of cases as readonly (readonly [
        { readonly id?: string },
        string,
        string,
      ])[]) {
        const fields = id === undefined ? {} : { "Lambda-Extension-Identifier": id };
        const answer = await world.ask(method, `${API}${path}`, fields);
        assert.deepEqual([answer.status, answer.body], [403, refusal(errorType, errorMessage)]);
      }
    }
    // A launched one is not known by its identifier before it has registered.
    const { id } = world.extensions.launched("external");
    const early = await world.ask("GET", `${API}event/next`, { "Lambda-Extension-Identifier": id });
    assert.equal(early.status, 403);
  });

  it("refuses what is not allowed in a state", async () => {
    const id = await registered("one");
    const call = (path: string, fields = {}) =>
      world.ask("POST", `${API}${path}`, { "Lambda-Extension-Identifier": id, ...fields });
    const type = { "Lambda-Extension-Function-Error-Type": "Extension.Reason" };
    for (const path of ["init/error", "exit/error"]) {
      const missing = await call(path);
      const text = refusal("Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found");
      assert.deepEqual([missing.status, missing.body], [403, text]);
    }
    const accepted = await call("init/error", type);
    assert.deepEqual([accepted.status, accepted.body], [202, '{"status":"OK"}\n']);
    const transition = (to: string) =>
      refusal(
        "Extension.InvalidExtensionState",
        `State transition from InitError to ${to} failed for extension ${id}. Error: State transition is not allowed`,
      );
    assert.equal((await call("init/error", type)).body, transition("InitError"));
    assert.equal((await call("exit/error", type)).body, transition("ExitError"));
    const next = await world.ask("GET", `${API}event/next`, { "Lambda-Extension-Identifier": id });
    assert.deepEqual([next.status, next.body], [403, transition("Ready")]);
    assert.equal((await world.ask("GET", `${API}register`)).status, 405);
    assert.equal((await world.ask("GET", `${API}other`)).status, 404);
  });
});

describe("Telemetry API", () => {
  const PATH = "/2022-07-01/telemetry";
  const LOGS = "/2020-08-15/logs";
  const GOOD = {
    schemaVersion: "2022-12-13",
    types: ["platform", "function", "extension"],
    destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:8080/in?a=b" },
  };

  const put = (path: string, id: string, document: unknown) =>
    world.ask("PUT", path, { "Lambda-Extension-Identifier": id }, JSON.stringify(document));

  it("says what is wrong with a subscription, all faults at once", async () => {
    const id = await registered("one");
    const cases: readonly (readonly [object, string])[] = [
      [{ schemaVersion: undefined }, "schemaVersion should be one of 2022-07-01, 2022-12-13, 2025-01-29"],
      [{ types: [] }, "types should not be empty"],
      [{ types: ["Platform"] }, 'types should not contain "Platform"'],
      [{ buffering: { maxItems: 999 } }, "buffering.maxItems should be between 1000 and 10000"],
      [{ buffering: { maxBytes: 262_143 } }, "buffering.maxBytes should be between 262144 and 1048576"],
      [{ buffering: { timeoutMs: 30_001 } }, "buffering.timeoutMs should be between 25 and 30000"],
      [{ buffering: { timeoutMs: "25" } }, "buffering.timeoutMs should be between 25 and 30000"],
      [{ buffering: [] }, "buffering should be an object"],
      [{ destination: undefined }, "destination is not provided"],
      [{ destination: { protocol: "UDP" } }, "destination protocol should be HTTP or TCP"],
      [{ destination: { protocol: "HTTP" } }, "URI is not provided or malformed"],
      [
        { destination: { protocol: "HTTP", URI: "http://10.0.0.1:80" } },
        "URI host should be sandbox.localdomain",
      ],
      [{ destination: { protocol: "HTTP", URI: "http://sandbox" } }, "URI port is not provided"],
      [
        { destination: { protocol: "HTTP", URI: `http://sandbox:${RESERVED_PORT}` } },
        `URI port ${RESERVED_PORT} is reserved`,
      ],
      [{ destination: { protocol: "TCP", port: RESERVED_PORT } }, `port ${RESERVED_PORT} is reserved`],
      [{ destination: { protocol: "TCP", port: 65_536 } }, "port should be between 1 and 65535"],
      [
        { types: [], destination: { protocol: "HTTP", URI: "http://sandbox" } },
        "URI port is not provided; types should not be empty",
      ],
    ];
    for (const [change, errorMessage] of cases) {
      const answer = await put(PATH, id, { ...GOOD, ...change });
      assert.deepEqual([answer.status, answer.body], [400, refusal("ValidationError", errorMessage)]);
    }
    const logs = await put(LOGS, id, { ...GOOD, schemaVersion: "2021-03-18", types: [] });
    assert.deepEqual(
      [logs.status, logs.body],
      [400, refusal("Logs.ValidationError", "types should not be empty")],
    );
    for (const body of ["", "{", "[]", "null"]) {
      const answer = await world.ask("PUT", PATH, { "Lambda-Extension-Identifier": id }, body);
      assert.equal(answer.status, 400, body);
    }
    assert.deepEqual(world.subscribed, []);
  });

  it("takes one subscription an extension, through one of the two APIs, until the init is over", async () => {
    const one = await registered("one");
    for (const path of [PATH, `${PATH}/`]) {
      const answer = await put(path, one, GOOD);
      assert.deepEqual([answer.status, answer.body], [200, '"OK"\n']);
    }
    const closed = refusal("Logs.SubscriptionClosed", "Logs API subscription is closed already");
    const other = await put(LOGS, one, { ...GOOD, schemaVersion: undefined });
    assert.deepEqual([other.status, other.body], [403, closed]);
    const two = await registered("two");
    assert.equal((await put(LOGS, two, { ...GOOD, schemaVersion: undefined })).status, 200);
    assert.deepEqual(world.subscribed, ["one", "one", "two"]);
    const unknown = await put(PATH, UNKNOWN, GOOD);
    const text = refusal("Extension.UnknownExtensionIdentifier", "Unknown Lambda-Extension-Identifier");
    assert.deepEqual([unknown.status, unknown.body], [403, text]);
    world.hub.closeSubscriptions();
    const late = await put(PATH, one, GOOD);
    const over = refusal("Telemetry.SubscriptionClosed", "Telemetry API subscription is closed");
    assert.deepEqual([late.status, late.body], [403, over]);
  });
});
