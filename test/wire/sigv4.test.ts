import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { AwsChunkedDecoder } from "../../src/wire/body/aws-chunked.ts";
import type { WireRequest } from "../../src/wire/http/request.ts";
import { QueryParameters } from "../../src/wire/http/request.ts";
import { signRequest } from "../../src/wire/index.ts";
import { HmacKey, sha256Hex } from "../../src/wire/sigv4/hmac.ts";
import { parseSignature, type RequestSignature } from "../../src/wire/sigv4/parse.ts";
import { deriveSigningKey, formatScope } from "../../src/wire/sigv4/signing-key.ts";
import { verifySignature } from "../../src/wire/sigv4/verify.ts";

const SUITE_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const S3_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const EMPTY = sha256Hex("");

function request(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[],
): WireRequest {
  const [path = "", rawQuery = ""] = target.split("?");
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]}, ${value}`;
  }
  return {
    method,
    path,
    rawQuery,
    query: new QueryParameters(rawQuery),
    headers: joined,
    rawHeaders: headers.flat(),
  };
}

function check(subject: WireRequest, secret: string, payloadHash: string) {
  const signature = parseSignature(subject) as RequestSignature;
  assert.ok(signature.kind === "header" || signature.kind === "presigned", JSON.stringify(signature));
  return verifySignature(subject, signature, deriveSigningKey(secret, signature.scope), payloadHash);
}

describe("HMAC over cached pads", () => {
  it("is createHmac's", () => {
    for (const length of [0, 1, 31, 63, 64, 65, 200]) {
      const key = Buffer.alloc(length, length + 1);
      for (const message of ["", "a", "x".repeat(55), "x".repeat(64), "x".repeat(1000)]) {
        assert.deepEqual(
          new HmacKey(key).digest(message),
          createHmac("sha256", key).update(message).digest(),
        );
      }
    }
  });
});

/** Published by AWS as its Signature Version 4 test suite. */
describe("the published test suite", () => {
  const signed = (signature: string, names = "host;x-amz-date"): readonly [string, string] => [
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`,
  ];
  const host = ["Host", "example.amazonaws.com"] as const;
  const date = ["X-Amz-Date", "20150830T123600Z"] as const;
  const vectors = {
    "get-vanilla": request("GET", "/", [
      host,
      date,
      signed("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ]),
    "get-vanilla-query-order-key-case": request("GET", "/?Param2=value2&Param1=value1", [
      host,
      date,
      signed("b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ]),
    "post-vanilla": request("POST", "/", [
      host,
      date,
      signed("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ]),
    "get-header-value-trim": request("GET", "/", [
      host,
      ["My-Header1", " value1"],
      ["My-Header2", ' "a   b   c"'],
      date,
      signed(
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        "host;my-header1;my-header2;x-amz-date",
      ),
    ]),
  };
  for (const [name, subject] of Object.entries(vectors)) {
    it(name, () => assert.equal(check(subject, SUITE_SECRET, EMPTY), "valid"));
  }

  it("refuses each of them when anything is changed", () => {
    for (const subject of Object.values(vectors)) {
      assert.notEqual(check({ ...subject, method: "PUT" }, SUITE_SECRET, EMPTY), "valid");
      assert.notEqual(check({ ...subject, path: "/x" }, SUITE_SECRET, EMPTY), "valid");
      assert.notEqual(check({ ...subject, rawQuery: "a=b" }, SUITE_SECRET, EMPTY), "valid");
      assert.notEqual(check(subject, S3_SECRET, EMPTY), "valid");
      assert.notEqual(check(subject, SUITE_SECRET, sha256Hex("x")), "valid");
      const rawHeaders = subject.rawHeaders.map((value) =>
        value === "20150830T123600Z" ? `${value} ` : value,
      );
      assert.equal(check({ ...subject, rawHeaders }, SUITE_SECRET, EMPTY), "valid", "outer space is trimmed");
      const others = subject.rawHeaders.map((value) => (value === host[1] ? "example.com" : value));
      assert.notEqual(check({ ...subject, rawHeaders: others }, SUITE_SECRET, EMPTY), "valid");
    }
  });
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and its sisters */
describe("S3's published examples", () => {
  const host = ["Host", "examplebucket.s3.amazonaws.com"] as const;
  const date = ["x-amz-date", "20130524T000000Z"] as const;
  const scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
  const authorization = (names: string, signature: string): readonly [string, string] => [
    "Authorization",
    `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=${names},Signature=${signature}`,
  ];

  it("GET with Range", () => {
    const subject = request("GET", "/test.txt", [
      host,
      ["Range", "bytes=0-9"],
      ["x-amz-content-sha256", EMPTY],
      date,
      authorization(
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      ),
    ]);
    assert.equal(check(subject, S3_SECRET, EMPTY), "valid");
  });

  it("PUT of a key with a dollar sign", () => {
    const hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    const subject = request("PUT", "/test%24file.text", [
      host,
      ["Date", "Fri, 24 May 2013 00:00:00 GMT"],
      date,
      ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
      ["x-amz-content-sha256", hash],
      authorization(
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
      ),
    ]);
    assert.equal(check(subject, S3_SECRET, hash), "valid");
    assert.equal(
      check({ ...subject, path: "/test$file.text" }, S3_SECRET, hash),
      "valid",
      "unescaped on the wire",
    );
  });

  it("GET ?lifecycle", () => {
    const subject = request("GET", "/?lifecycle", [
      host,
      date,
      ["x-amz-content-sha256", EMPTY],
      authorization(
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
      ),
    ]);
    assert.equal(check(subject, S3_SECRET, EMPTY), "valid");
  });

  it("a presigned GET", () => {
    const query = [
      "X-Amz-Algorithm=AWS4-HMAC-SHA256",
      `X-Amz-Credential=${scope.replaceAll("/", "%2F")}`,
      "X-Amz-Date=20130524T000000Z",
      "X-Amz-Expires=86400",
      "X-Amz-SignedHeaders=host",
      "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    ].join("&");
    const subject = request("GET", `/test.txt?${query}`, [host]);
    assert.equal(check(subject, S3_SECRET, "UNSIGNED-PAYLOAD"), "valid");
    const longer = { ...subject, rawQuery: subject.rawQuery.replace("86400", "86401") };
    assert.notEqual(check(longer, S3_SECRET, "UNSIGNED-PAYLOAD"), "valid");
  });

  const chunkSigning = (seedSignature: string) => ({
    key: deriveSigningKey(S3_SECRET, { date: "20130524", region: "us-east-1", service: "s3" }),
    amzDate: "20130524T000000Z",
    scope: formatScope({ date: "20130524", region: "us-east-1", service: "s3" }),
    seedSignature,
  });
  const data = Buffer.alloc(66_560, "a");
  const chunks = [
    "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
    data.toString("latin1", 0, 65_536),
    "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
    data.toString("latin1", 65_536),
    "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
  ];
  const decode = (decoder: AwsChunkedDecoder, body: Buffer, step: number) => {
    const out: Buffer[] = [];
    for (let at = 0; at < body.length; at += step) out.push(...decoder.write(body.subarray(at, at + step)));
    decoder.end();
    return Buffer.concat(out);
  };

  it("a body in signed chunks, however it is cut", () => {
    const body = Buffer.from(chunks.join(""), "latin1");
    for (const step of [7, 4096, body.length]) {
      const signing = chunkSigning("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
      const decoder = new AwsChunkedDecoder({ signed: true, trailer: false, signing });
      assert.deepEqual(decode(decoder, body, step), data);
    }
  });

  it("a changed byte, chunk or signature of such a body is found", () => {
    const change = (index: number, text: string) =>
      chunks.map((chunk, i) => (i === index ? text : chunk)).join("");
    const bodies = [
      change(1, `b${(chunks[1] as string).slice(1)}`),
      change(3, `b${(chunks[3] as string).slice(1)}`),
      change(0, (chunks[0] as string).replace("ad80", "ad81")),
      change(4, (chunks[4] as string).replace("b6c6", "b6c7")),
      `${chunks[2]?.slice(2)}${chunks[3]}${chunks[4]}`,
    ];
    for (const text of bodies) {
      const signing = chunkSigning("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
      const decoder = new AwsChunkedDecoder({ signed: true, trailer: false, signing });
      assert.throws(() => decode(decoder, Buffer.from(text, "latin1"), 8192), {
        code: "SignatureDoesNotMatch",
      });
    }
  });

  it("a body in signed chunks with a signed trailer", () => {
    const text = [
      "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
      data.toString("latin1", 0, 65_536),
      "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
      data.toString("latin1", 65_536),
      "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
      "x-amz-checksum-crc32c:sOO8/Q==\r\n",
      "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
    ].join("");
    const seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    const options = { signed: true, trailer: true, signing: chunkSigning(seed) };
    const decoder = new AwsChunkedDecoder(options);
    assert.deepEqual(decode(decoder, Buffer.from(text, "latin1"), 1000), data);
    assert.equal(decoder.trailers.get("x-amz-checksum-crc32c"), "sOO8/Q==");
    const changed = Buffer.from(text.replace("sOO8", "sOO9"), "latin1");
    assert.throws(() => decode(new AwsChunkedDecoder(options), changed, 1000), {
      code: "SignatureDoesNotMatch",
    });
  });
});

describe("signing", () => {
  it("is what verification expects, for keys of any kind", () => {
    for (const service of ["lambda", "s3"]) {
      for (const target of ["/", "/a%2Fb/c d/%C3%A9?x=%20+&y&a=1&a=0", "/2015-03-31/functions/arn%3Aaws"]) {
        const url = new URL(`http://localhost:4566${target}`);
        const options = {
          accessKeyId: "AKIA",
          secretAccessKey: "secret",
          region: "us-east-1",
          service,
          now: Date.UTC(2026, 0, 2, 3, 4, 5),
        };
        const headers = signRequest(
          { method: "POST", url, headers: { "X-Custom": " a   b " }, body: "hi" },
          options,
        );
        const subject = request("POST", `${url.pathname}${url.search}`, Object.entries(headers));
        assert.equal(check(subject, "secret", sha256Hex("hi")), "valid", `${service} ${target}`);
      }
    }
  });
});

describe("reading signatures", () => {
  const parse = (headers: Record<string, string>, query = "") =>
    parseSignature(request("GET", `/${query}`, Object.entries(headers)));
  const complete =
    "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=00";

  it("takes parts in any order and spacing", () => {
    const header =
      "AWS4-HMAC-SHA256  Signature=00 , SignedHeaders=Host;X-Amz-Date,Credential=A/B/20260101/r/s/aws4_request";
    const found = parse({ Authorization: header, Date: "Thu, 01 Jan 2026 00:00:00 GMT" }) as RequestSignature;
    assert.equal(found.accessKeyId, "A/B");
    assert.deepEqual(found.scope, { date: "20260101", region: "r", service: "s" });
    assert.deepEqual(found.signedHeaders, ["host", "x-amz-date"]);
    assert.equal(found.amzDate, "20260101T000000Z");
  });

  it("names what is missing", () => {
    assert.deepEqual(parse({}), { kind: "none" });
    assert.equal(parse({ Authorization: "Basic abc" }).kind, "problem");
    assert.equal(parse({ Authorization: complete.replace(",Signature=00", "") }).kind, "problem");
    assert.equal(parse({ Authorization: complete.replace("aws4_request", "aws5") }).kind, "problem");
    assert.equal(parse({}, "?X-Amz-Signature=1").kind, "problem");
  });
});
