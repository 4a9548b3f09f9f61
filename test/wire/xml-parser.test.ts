import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wireLimits } from "../../src/base/index.ts";
import { parseXml } from "../../src/wire/codecs/xml-parser.ts";

const parse = (text: string) => parseXml(Buffer.from(text));
const nested = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);

describe("the XML of a request", () => {
  it("is read without prefixes, comments and instructions", () => {
    const root = parse('<?xml version="1.0"?><x:a b="1&lt;"><!-- c --><d>e<![CDATA[&f;]]>&#x67;</d></x:a>');
    assert.equal(root.name, "a");
    assert.equal(root.attributes.get("b"), "1<");
    assert.deepEqual(root.children[0], { name: "d", attributes: new Map(), children: [], text: "e&f;g" });
  });

  it("may be nested so far and no further", () => {
    parse(nested(wireLimits.xmlDepth));
    for (const depth of [wireLimits.xmlDepth + 1, 1_000, 100_000]) {
      assert.throws(() => parse(nested(depth)), { name: "SerializationError", message: /too deeply/ });
    }
  });

  for (const text of [
    "<!DOCTYPE a><a/>",
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "<a>&b;</a>",
    "<a>&#0;</a>",
    "<a>\u0001</a>",
    "<a/><a/>",
    "<a>",
    "text",
    "",
  ]) {
    it(`is refused as ${JSON.stringify(text)}`, () => {
      assert.throws(() => parse(text), { name: "SerializationError" });
    });
  }

  it("has to be UTF-8", () => {
    assert.throws(() => parseXml(Buffer.from([0x3c, 0x61, 0xff, 0x2f, 0x3e])), {
      name: "SerializationError",
    });
  });
});
