import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventStreamCodec, Int64, type MessageHeaderValue } from "@smithy/core/event-streams";
import {
  EventStreamDecoder,
  EventStreamError,
  type EventStreamHeader,
  encodeEventStreamMessage,
} from "../../src/wire/index.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";

const seed = seedOfRun();
console.log(`event stream messages: LAMBKIN_SEED=${seed}`);

const sdk = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

const KINDS = [
  "boolean",
  "byte",
  "short",
  "integer",
  "long",
  "binary",
  "string",
  "timestamp",
  "uuid",
] as const;

function anyHeader(random: SeededRandomness): EventStreamHeader {
  const signed = (bits: number) => random.below(2 ** bits) - 2 ** (bits - 1);
  const type = random.pick(KINDS);
  switch (type) {
    case "boolean":
      return { type, value: random.chance(0.5) };
    case "byte":
      return { type, value: signed(8) };
    case "short":
      return { type, value: signed(16) };
    case "integer":
      return { type, value: signed(32) };
    case "long":
      return { type, value: BigInt.asIntN(64, BigInt(`0x${random.hex(16)}`)) };
    case "binary":
      return { type, value: Buffer.from(random.bytes(random.below(40))) };
    case "string":
      return { type, value: "aß€😀\u0000 ".repeat(random.below(4)) };
    case "timestamp":
      return { type, value: new Date(signed(32) * 1000) };
    default:
      return { type: "uuid", value: random.uuid() };
  }
}

function anyMessage(random: SeededRandomness) {
  const headers = new Map<string, EventStreamHeader>();
  for (let i = random.below(6); i > 0; i--) {
    headers.set(
      random.pick([":event-type", "a", "ü", "x".repeat(255), `n${i}`, "__proto__"]),
      anyHeader(random),
    );
  }
  return { headers, payload: Buffer.from(random.bytes(random.below(200))) };
}

/** The same header as the SDK's codec has it. */
function sdkHeader(header: EventStreamHeader): MessageHeaderValue {
  if (header.type === "long") {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(header.value);
    return { type: "long", value: new Int64(bytes) };
  }
  return header;
}

/** The SDK keeps headers in an object, which has no room for this name. */
const forSdk = ({ headers, payload }: ReturnType<typeof anyMessage>) => ({
  headers: Object.fromEntries(
    [...headers].filter(([name]) => name !== "__proto__").map(([name, header]) => [name, sdkHeader(header)]),
  ),
  body: payload,
});

describe("event stream messages", () => {
  it("are byte for byte those of the SDK's codec, in both directions", () => {
    const random = seededRandomness(seed);
    for (let round = 0; round < 500; round++) {
      const message = anyMessage(random);
      message.headers.delete("__proto__");
      const frame = encodeEventStreamMessage(message);
      assert.deepEqual(frame, Buffer.from(sdk.encode(forSdk(message))));
      const theirs = sdk.decode(frame);
      assert.deepEqual(Buffer.from(theirs.body), message.payload);
      assert.deepEqual(Object.keys(theirs.headers).sort(), [...message.headers.keys()].sort());
    }
  });

  it("are read however the stream is cut", () => {
    const random = seededRandomness(seed + 1);
    for (let round = 0; round < 100; round++) {
      const messages = Array.from({ length: 1 + random.below(5) }, () => anyMessage(random));
      const stream = Buffer.concat(messages.map(encodeEventStreamMessage));
      const decoder = new EventStreamDecoder();
      const read = [];
      for (let at = 0; at < stream.length; ) {
        const next = at + random.below(random.chance(0.5) ? 4 : 300);
        read.push(...decoder.write(stream.subarray(at, next)));
        at = next;
      }
      decoder.end();
      assert.deepEqual(
        read.map(({ headers, payload }) => ({ headers, payload: Buffer.from(payload) })),
        messages,
      );
    }
  });

  it("that were damaged in any one byte are refused, and never waited for beyond the limits", () => {
    const random = seededRandomness(seed + 2);
    for (let round = 0; round < 50; round++) {
      const frame = encodeEventStreamMessage(anyMessage(random));
      for (let at = 0; at < frame.length; at++) {
        const damaged = Buffer.from(frame);
        damaged[at] = (damaged[at] as number) ^ (1 + random.below(255));
        assert.throws(() => new EventStreamDecoder().write(damaged), EventStreamError, `byte ${at}`);
      }
    }
  });

  it("of arbitrary bytes never yield anything else than messages or the one error", () => {
    const random = seededRandomness(seed + 3);
    for (let round = 0; round < 2_000; round++) {
      const decoder = new EventStreamDecoder();
      try {
        decoder.write(random.bytes(random.below(64)));
        decoder.end();
      } catch (error) {
        assert.ok(error instanceof EventStreamError, String(error));
      }
    }
  });

  it("that end too early are told from those that are whole", () => {
    const frame = encodeEventStreamMessage({ headers: [], payload: Buffer.from("x") });
    const decoder = new EventStreamDecoder();
    assert.deepEqual(decoder.write(frame.subarray(0, -1)), []);
    assert.throws(() => decoder.end(), /ends inside a message/);
    assert.equal(decoder.write(frame.subarray(-1)).length, 1);
    decoder.end();
  });

  it("refuse what is over the limits, before it is read", () => {
    const refused = (headers: readonly (readonly [string, EventStreamHeader])[], bytes = 0) =>
      assert.throws(
        () => encodeEventStreamMessage({ headers, payload: Buffer.alloc(bytes) }),
        EventStreamError,
      );
    refused([], 16 * 1024 * 1024 + 1);
    refused([["a", { type: "binary", value: Buffer.alloc(32_768) }]]);
    refused([["x".repeat(256), { type: "boolean", value: true }]]);
    refused([["", { type: "boolean", value: true }]]);
    refused([["a", { type: "uuid", value: "no uuid" }]]);
    refused(
      Array.from(
        { length: 5 },
        (_, i) => [`h${i}`, { type: "binary", value: Buffer.alloc(32_000) }] as const,
      ),
    );
    const twice = [
      ["a", { type: "boolean", value: true }] as const,
      ["a", { type: "boolean", value: false }] as const,
    ];
    assert.throws(
      () =>
        new EventStreamDecoder().write(
          encodeEventStreamMessage({ headers: twice, payload: Buffer.alloc(0) }),
        ),
      /comes twice/,
    );
  });
});
