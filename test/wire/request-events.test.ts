import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import type { Caller } from "../../src/wire/authentication/authenticator.ts";
import { requestMessages } from "../../src/wire/door/event-bodies.ts";
import { type EventStreamHeader, encodeEventStreamMessage } from "../../src/wire/index.ts";
import { hydrate } from "../../src/wire/model/table.ts";
import { createRestJson } from "../../src/wire/protocols/rest-json.ts";
import { deriveSigningKey } from "../../src/wire/sigv4/signing-key.ts";

/** An operation that takes a stream of events, as none of the services here has one yet. */
const model = hydrate({
  namespace: "test",
  protocol: "restJson1",
  version: "1",
  target: "",
  xmlNamespace: "",
  operations: { Talk: 0 },
  errors: {},
  nodes: [
    [9, "Talk", { http: ["POST", "/talk", 200] }, -2, null],
    [
      3,
      "TalkRequest",
      0,
      ["Language", "Events"],
      [
        [0, { httpHeader: "x-language" }],
        [-3, 16],
      ],
      0,
    ],
    [4, "TalkEvents", { streaming: 1 }, ["Audio", "Note"], [[-4, 0], -5], 0],
    [
      3,
      "Audio",
      0,
      ["Chunk", "Rate", "At"],
      [
        [21, { eventPayload: 1 }],
        [1, { eventHeader: 1 }],
        [4, { eventHeader: 1 }],
      ],
      0,
    ],
    [3, "Note", 0, ["Text"], [0], 0],
  ],
});
const operation = model.operations.get("Talk");
assert.ok(operation !== undefined);
const codec = createRestJson(model).codec(operation);

const text = (value: string) => ({ type: "string", value }) as const;
const frame = (
  type: string,
  headers: readonly (readonly [string, EventStreamHeader])[],
  payload: Uint8Array,
) =>
  encodeEventStreamMessage({
    headers: [[":message-type", text("event")], [":event-type", text(type)], ...headers],
    payload,
  });
const FRAMES = [
  frame(
    "Audio",
    [
      ["Rate", { type: "integer", value: 8_000 }],
      ["At", { type: "timestamp", value: new Date(5) }],
    ],
    Buffer.from([1, 2]),
  ),
  frame("Newer", [], Buffer.from("?")),
  frame("Note", [[":content-type", text("application/json")]], Buffer.from('{"Text":"ü"}')),
];
const EVENTS = [
  { Audio: { Chunk: Buffer.from([1, 2]), Rate: 8_000, At: new Date(5) } },
  { Note: { Text: "ü" } },
];

const scope = { date: "20260102", region: "us-east-1", service: "test" };
const SECRET = "secret";
const SEED = "ab".repeat(32);
const proof = {
  signature: { kind: "header", accessKeyId: "k", scope, signedHeaders: [], signature: SEED, amzDate: "" },
  key: deriveSigningKey(SECRET, scope),
} as const;

/** Messages inside signed ones, by the algorithm as AWS's documentation gives it. */
function sign(frames: readonly Uint8Array[], secret = SECRET): Buffer[] {
  const hmac = (key: Buffer | string, data: string) => createHmac("sha256", key).update(data).digest();
  const key = [scope.date, scope.region, scope.service, "aws4_request"].reduce<Buffer | string>(
    hmac,
    `AWS4${secret}`,
  );
  const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const at = new Date("2026-01-02T03:04:05Z");
  const stamp = Buffer.alloc(15);
  Buffer.from("\u0005:date\u0008", "latin1").copy(stamp);
  stamp.writeBigInt64BE(BigInt(at.getTime()), 7);
  let previous = SEED;
  return [...frames, Buffer.alloc(0)].map((payload) => {
    const parts = [
      "AWS4-HMAC-SHA256-PAYLOAD",
      "20260102T030405Z",
      `${Object.values(scope).join("/")}/aws4_request`,
    ];
    const signature = hmac(key, [...parts, previous, sha(stamp), sha(payload)].join("\n"));
    previous = signature.toString("hex");
    return encodeEventStreamMessage({
      headers: [
        [":date", { type: "timestamp", value: at }],
        [":chunk-signature", { type: "binary", value: signature }],
      ],
      payload,
    });
  });
}

async function read(
  bytes: Uint8Array,
  options: { readonly signed?: boolean; readonly checked?: boolean; readonly whole?: boolean } = {},
): Promise<unknown[]> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) =>
    bytes.subarray(i * 7, i * 7 + 7),
  );
  const message = Readable.from(pieces.map((piece) => Buffer.from(piece))) as unknown as IncomingMessage;
  Object.assign(message, { complete: options.whole ?? true });
  const identity = {} as Caller["identity"];
  const caller = { identity, region: "", ...(options.checked === true ? { proof } : {}) } as Caller;
  const hash = options.signed === true ? "STREAMING-AWS4-HMAC-SHA256-EVENTS" : "UNSIGNED-PAYLOAD";
  const input = codec.decode({
    request: { query: new URLSearchParams() } as never,
    headers: { "x-language": "en" },
    labels: {},
    body: new Uint8Array(),
    messages: requestMessages(message, caller, hash),
  });
  assert.equal(input["Language"], "en");
  const events: unknown[] = [];
  for await (const event of input["Events"] as AsyncIterable<unknown>) events.push(event);
  return events;
}

describe("event streams of an input", () => {
  it("are streams of events, without those that the model does not know", async () => {
    assert.equal(codec.streams, "events");
    assert.deepEqual(await read(Buffer.concat(FRAMES)), EVENTS);
  });

  it("are taken out of their signatures, which are verified", async () => {
    const signed = sign(FRAMES);
    assert.deepEqual(await read(Buffer.concat(signed), { signed: true, checked: true }), EVENTS);
    assert.deepEqual(await read(Buffer.concat(sign(FRAMES, "?")), { signed: true }), EVENTS, "not checked");
    const rejected = async (frames: readonly Uint8Array[], code: object) =>
      assert.rejects(read(Buffer.concat(frames), { signed: true, checked: true }), code);
    const [one, two, three, end] = signed as [Buffer, Buffer, Buffer, Buffer];
    await rejected(sign(FRAMES, "another"), { code: "InvalidSignatureException" });
    await rejected([one, three, end], { code: "InvalidSignatureException" });
    await rejected([two, one, three, end], { code: "InvalidSignatureException" });
    await rejected([one, one, two, three, end], { code: "InvalidSignatureException" });
    await rejected([one, two, three], { name: "SerializationError" });
    await rejected(FRAMES, { name: "SerializationError" });
  });

  it("fail when they are cut off, damaged or of another type", async () => {
    const whole = Buffer.concat(FRAMES);
    await assert.rejects(read(whole.subarray(0, -1)), { name: "SerializationError" });
    await assert.rejects(read(whole, { whole: false }), { code: "IncompleteBody" });
    const damaged = Buffer.from(whole);
    damaged[20] = 255 - (damaged[20] ?? 0);
    await assert.rejects(read(damaged), { name: "SerializationError" });
    await assert.rejects(read(frame("Audio", [["Rate", text("fast")]], Buffer.of(1))), {
      name: "SerializationError",
    });
    await assert.rejects(read(frame("Note", [], Buffer.from("{"))), { name: "SerializationError" });
  });
});
