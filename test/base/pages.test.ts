import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cutPage, decodePageToken, encodePageToken } from "../../src/base/index.ts";

describe("pages", () => {
  it("go on behind the last key, whatever comes or goes meanwhile", () => {
    const keyOf = (item: string) => item;
    const first = cutPage(["d", "b", "a", "c"], keyOf, { most: 2 });
    assert.deepEqual(first, { items: ["a", "b"], last: "b" });
    assert.deepEqual(cutPage(["a", "a2", "c", "d", "bb"], keyOf, { after: first.last, most: 2 }), {
      items: ["bb", "c"],
      last: "c",
    });
    assert.deepEqual(cutPage(["a", "d"], keyOf, { after: "c", most: 1 }), { items: ["d"] });
    assert.deepEqual(cutPage([], keyOf, { most: 1 }), { items: [] });
  });

  it("have tokens that nobody else can make up by accident", () => {
    for (const place of ["a", "ü/b", "\u0000", "😀"])
      assert.equal(decodePageToken(encodePageToken(place)), place);
    for (const token of ["", "!", "YQ==", "YR", "a b", "_w", encodePageToken("ab").slice(0, -1)]) {
      assert.equal(decodePageToken(token), undefined, token);
    }
  });
});
