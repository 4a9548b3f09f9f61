import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { ServiceError } from "../../src/base/index.ts";
import { AwsChunkedDecoder } from "../../src/wire/body/aws-chunked.ts";
import { JsonDecoders } from "../../src/wire/codecs/json-decoder.ts";
import { decodeQueryInput } from "../../src/wire/codecs/query-decoder.ts";
import { SerializationError } from "../../src/wire/codecs/serialization-error.ts";
import { decodeXmlStructure } from "../../src/wire/codecs/xml-decoder.ts";
import { escapeXml } from "../../src/wire/codecs/xml-encoder.ts";
import { parseXml } from "../../src/wire/codecs/xml-parser.ts";
import { loadConstraints, loadModel, SERVICES } from "../../src/wire/model/registry.ts";
import type { OperationModel } from "../../src/wire/model/table.ts";
import { CONSTRAINT_OVERRIDES } from "../../src/wire/validation/overrides.ts";
import { Validators } from "../../src/wire/validation/validator.ts";
import { type SeededRandomness, seededRandomness, seedOfRun } from "../../testkit/seeded-randomness.ts";
import { type EchoDoor, openEchoDoor } from "../wire/kit/echo-door.ts";
import { exchange } from "../wire/kit/raw.ts";

const seed = seedOfRun();
console.log(`wire fuzz: LAMBKIN_SEED=${seed}`);

/** A value without regard for any schema. */
function anyValue(random: SeededRandomness, depth = 0): unknown {
  const kinds = depth > 4 ? 6 : 8;
  switch (random.below(kinds)) {
    case 0:
      return anyText(random);
    case 1:
      return random.pick([0, -1, 1.5, 1e300, -1e-300, 2 ** 31, NaN, Infinity]);
    case 2:
      return random.chance(0.5);
    case 3:
      return null;
    case 4:
      return random.pick(["", "YQ==", "2026-01-01T00:00:00Z", "NaN", "not base64!"]);
    case 5:
      return anyText(random).repeat(random.below(200));
    case 6:
      return Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1));
    default:
      return anyObject(random, ["a", "__proto__", "constructor", anyText(random)], depth);
  }
}

function anyObject(random: SeededRandomness, names: readonly string[], depth: number): object {
  const entries = names
    .filter(() => random.chance(0.6))
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(anyValue(random, depth + 1)) ?? "null"}`);
  return JSON.parse(`{${entries.join(",")}}`) as object;
}

function anyText(random: SeededRandomness): string {
  return Array.from({ length: random.below(12) }, () =>
    random.pick([
      "a",
      "Z",
      "0",
      "-",
      ":",
      "/",
      "%",
      "&",
      "<",
      "\u0000",
      "\u00e9",
      "\u{1f600}",
      "\ud800",
      " ",
      ".",
    ]),
  ).join("");
}

/** Runs a decoder; whatever it is given it may only refuse in the agreed way. */
function refusesDecently(what: string, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (error instanceof SerializationError || error instanceof ServiceError) return;
    throw new Error(`${what} (seed ${seed})`, { cause: error });
  }
}

describe("decoders given anything", () => {
  for (const { name } of SERVICES) {
    it(`${name}: JSON, then constraints`, async () => {
      const random = seededRandomness(seed);
      const model = await loadModel(name);
      const validators = new Validators(await loadConstraints(name), CONSTRAINT_OVERRIDES[name] ?? {});
      const typed = new JsonDecoders("typed");
      const plain = new JsonDecoders("plain");
      let decoded = 0;
      for (const operation of model.operations.values()) {
        const validate = validators.of(operation.name);
        const names = operation.input.members.map((member) => member.name);
        for (let round = 0; round < 12; round++) {
          const value = random.chance(0.1) ? anyValue(random) : anyObject(random, names, 0);
          const text = JSON.stringify(value) ?? "null";
          for (const decoders of model.protocol.startsWith("awsJson") ? [typed, plain] : [typed]) {
            refusesDecently(`${operation.name} ${text}`, () => {
              const input = decoders.of({ shape: operation.input, traits: {} })(JSON.parse(text));
              validate(input as Record<string, unknown>);
              decoded++;
            });
          }
        }
      }
      assert.equal(({} as Record<string, unknown>)["a"], undefined, "no prototype was changed");
      assert.ok(decoded > 0);
    });
  }

  it("query parameters", async () => {
    const random = seededRandomness(seed);
    const model = await loadModel("iam");
    const operations = [...model.operations.values()];
    for (let round = 0; round < 3_000; round++) {
      const operation = random.pick(operations);
      const parameters = Array.from({ length: random.below(12) }, (): [string, string] => [
        Array.from({ length: 1 + random.below(5) }, () =>
          random.pick([
            ...operation.input.members.map((member) => member.name),
            "member",
            "entry",
            "key",
            "value",
            "1",
            "99999999999",
            "__proto__",
            anyText(random),
          ]),
        ).join("."),
        anyText(random),
      ]);
      refusesDecently(`${operation.name} ${JSON.stringify(parameters)}`, () =>
        decodeQueryInput(operation.input, parameters),
      );
    }
  });

  it("XML", async () => {
    const random = seededRandomness(seed);
    const model = await loadModel("s3");
    const operations = [...model.operations.values()];
    const pieces = [
      "<",
      ">",
      "</",
      "/>",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<?",
      "?>",
      "<!DOCTYPE",
      "&amp;",
      "&#x41;",
      "&#0;",
      "&x;",
      '"',
      "'",
      "=",
      " ",
      "xmlns",
      "a:b",
      "Tag",
      "Key",
    ];
    let parsed = 0;
    for (let round = 0; round < 5_000; round++) {
      const wild = Array.from({ length: random.below(30) }, () => random.pick(pieces)).join("");
      const text = random.chance(0.5) ? wild : element(random, random.pick(operations));
      refusesDecently(text, () => {
        decodeXmlStructure(random.pick(operations).input, parseXml(Buffer.from(text, "utf8")));
        parsed++;
      });
    }
    assert.ok(parsed > 100, `${parsed} documents were well-formed`);
  });

  it("escaped text survives", () => {
    const random = seededRandomness(seed);
    for (let round = 0; round < 2_000; round++) {
      const text = anyText(random).replaceAll("\u0000", "").replaceAll("\ud800", "");
      assert.equal(parseXml(Buffer.from(`<a>${escapeXml(text)}</a>`, "utf8")).text, text, `seed ${seed}`);
    }
  });
});

function element(random: SeededRandomness, operation: OperationModel): string {
  const name = random.pick(["Delete", "Tagging", "TagSet", "Tag", "Key", "Object", operation.input.name]);
  const inner = Array.from({ length: random.below(4) }, () =>
    random.chance(0.6) ? escapeXml(anyText(random)) : element(random, operation),
  ).join("");
  return `<${name}${random.chance(0.2) ? ' a="1"' : ""}>${inner}</${name}>`;
}

describe("aws-chunked", () => {
  it("gives back what was framed, however it is cut", () => {
    const random = seededRandomness(seed);
    for (let round = 0; round < 300; round++) {
      const parts = Array.from({ length: random.below(6) }, () =>
        Buffer.from(random.bytes(1 + random.below(3_000))),
      );
      const framed = Buffer.concat([
        ...parts.flatMap((part) => [
          Buffer.from(`${part.length.toString(16)};x=y\r\n`),
          part,
          Buffer.from("\r\n"),
        ]),
        Buffer.from("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"),
      ]);
      const decoder = new AwsChunkedDecoder({ signed: false, trailer: true });
      const out: Buffer[] = [];
      for (let at = 0; at < framed.length; ) {
        const step = 1 + random.below(random.pick([2, 50, 5_000]));
        out.push(...decoder.write(framed.subarray(at, at + step)));
        at += step;
      }
      decoder.end();
      assert.deepEqual(Buffer.concat(out), Buffer.concat(parts), `seed ${seed}`);
      assert.equal(decoder.trailers.get("x-amz-checksum-crc32"), "AAAAAA==");
    }
  });

  it("refuses anything else decently", () => {
    const random = seededRandomness(seed);
    const pieces = [
      "0",
      "3",
      "ff",
      "\r",
      "\n",
      "\r\n",
      ";",
      "chunk-signature=00",
      "abc",
      ":",
      "x-amz-trailer-signature:",
      "\u0000",
    ];
    for (let round = 0; round < 5_000; round++) {
      const text = Array.from({ length: random.below(20) }, () => random.pick(pieces)).join("");
      refusesDecently(JSON.stringify(text), () => {
        const decoder = new AwsChunkedDecoder({ signed: random.chance(0.3), trailer: random.chance(0.5) });
        for (const byte of Buffer.from(text, "latin1")) for (const _ of decoder.write(Buffer.from([byte])));
        decoder.end();
      });
    }
  });
});

describe("the door given anything", () => {
  let echo: EchoDoor;
  let failures: unknown[];
  before(async () => {
    failures = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (event: string, fields?: unknown) => void failures.push({ event, fields }),
      with: () => log,
    };
    echo = await openEchoDoor({ log });
    for (const { name } of SERVICES) {
      for (const operation of (await loadModel(name)).operations.values()) {
        const streams = operation.input.members.some((member) => member.traits.streaming === 1);
        echo.answer(operation.name, async (input) => {
          if (streams && input.Body !== undefined) await buffer(input.Body);
          return {};
        });
      }
    }
  });
  after(() => echo.close());

  it("answers every request once and goes on serving", async () => {
    const random = seededRandomness(seed);
    for (let round = 0; round < 1_500; round++) {
      const bytes = wildRequest(random);
      const answer = await exchange(echo.port, bytes);
      assert.ok(
        answer.status === 0 || (answer.status >= 200 && answer.status < 600),
        `seed ${seed}, round ${round}: ${JSON.stringify(bytes.toString("latin1"))} got ${answer.text}`,
      );
      assert.notEqual(
        answer.status,
        500,
        `seed ${seed}, round ${round}: ${JSON.stringify(bytes.toString("latin1"))} ${answer.body}`,
      );
    }
    assert.deepEqual(failures, [], `seed ${seed}`);
    assert.equal((await fetch(`${echo.endpoint}/b/k`)).status, 200);
  });
});

function wildRequest(random: SeededRandomness): Buffer {
  const service = random.pick(["lambda", "s3", "dynamodb", "logs", "iam", "sts", "sqs", ""]);
  const method = random.pick(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]);
  const path = random.pick([
    "/",
    "/b",
    "/b/k",
    "/b//%2F%zz",
    "/%00",
    "/2015-03-31/functions",
    "/2015-03-31/functions/f/invocations",
    "/2015-03-31/functions/f%2F..%2Fg/code",
    "/2017-03-31/tags/arn%3Aaws%3Alambda",
    `/${encodeURIComponent(anyText(random).replaceAll("\ud800", ""))}`,
  ]);
  const query = random.pick([
    "",
    "?",
    "?uploads",
    "?uploadId=1&partNumber=x",
    "?list-type=2&max-keys=-1",
    "?Action=ListRoles&Version=2010-05-08",
    "?%ff=%",
    "?delete",
    "?X-Amz-Signature=1",
    "?tagging",
    "?acl&acl",
  ]);
  const body = random.pick([
    "",
    "{}",
    "{",
    "[]",
    JSON.stringify(anyValue(random)) ?? "null",
    "<Delete><Object><Key>k</Key></Object></Delete>",
    "<a>".repeat(100),
    "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=x&Tags.member.1.Key=a&Tags.member.1.Value=b",
    "3\r\nabc\r\n0\r\n\r\n",
    Buffer.from(random.bytes(50)).toString("latin1"),
  ]);
  const headers: Record<string, string> = {
    Host: random.pick(["localhost", "b.s3.localhost", "127.0.0.1:1", "b.localhost"]),
    "Content-Length": String(Buffer.byteLength(body, "latin1")),
  };
  const optional: Record<string, readonly string[]> = {
    Authorization: [
      `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
      `AWS4-HMAC-SHA256 Credential=AKIAISSUEDISSUEDISSU/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
      "AWS4-HMAC-SHA256",
      "AWS4-HMAC-SHA256 =,=,Credential=////",
      "Bearer x",
    ],
    "X-Amz-Target": [
      "DynamoDB_20120810.PutItem",
      "Logs_20140328.PutLogEvents",
      "DynamoDB_20120810.__proto__",
      ".",
      "",
    ],
    "X-Amz-Date": ["20260101T000000Z", "20269999T999999Z", "x"],
    "X-Amz-Content-Sha256": [
      "UNSIGNED-PAYLOAD",
      "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      createHash("sha256").digest("hex"),
      "x",
    ],
    "X-Amz-Decoded-Content-Length": ["3", "-1", "x"],
    "X-Amz-Trailer": ["x-amz-checksum-crc32", "x-amz-checksum-xxhash3", ",,"],
    "X-Amz-Checksum-Sha256": ["x", ""],
    "X-Amz-Copy-Source": ["/b/k", "%"],
    "X-Amz-Security-Token": ["x", "", "AAAA".repeat(30)],
    "Content-Type": ["application/json", "application/x-www-form-urlencoded", "\u00ff"],
    "X-Amz-Meta-__proto__": ["1"],
    "X-Amz-Invocation-Type": ["Event", "x"],
  };
  for (const [name, values] of Object.entries(optional)) {
    if (random.chance(0.4)) headers[name] = random.pick(values);
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(
    `${method} ${path}${query} HTTP/1.1\r\n${lines.join("")}Connection: close\r\n\r\n${body}`,
    "latin1",
  );
}
