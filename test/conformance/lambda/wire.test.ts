import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Contract } from "../../../testkit/contract.ts";

describe("Lambda's wire protocol, byte by byte", () => {
  let contract: Contract;
  let name: string;

  before(async () => {
    contract = await Contract.open();
    name = await contract.createFunction();
  });
  after(() => contract[Symbol.asyncDispose]());

  const get = (path: string, query = {}) => contract.raw({ method: "GET", path, query });

  it("takes ARNs and qualifiers in paths encoded and raw, with and without a slash at the end", async () => {
    const arn = contract.functionArn(name);
    for (const form of [
      name,
      encodeURIComponent(arn),
      arn,
      `${arn}:$LATEST`,
      encodeURIComponent(`${name}:$LATEST`),
    ]) {
      const { status, body } = await get(`/2015-03-31/functions/${form}/configuration`);
      assert.equal(status, 200, form);
      assert.equal(
        JSON.parse(body).FunctionArn,
        decodeURIComponent(form).includes("$") ? `${arn}:$LATEST` : arn,
      );
    }
    for (const path of ["/2015-03-31/functions", "/2015-03-31/functions/"])
      assert.equal((await get(path)).status, 200);
  });

  it("answers errors with type, request id and the member's case of the model", async () => {
    const missing = await get("/2015-03-31/functions/nobody");
    assert.equal(missing.status, 404);
    assert.equal(missing.headers["x-amzn-errortype"], "ResourceNotFoundException");
    assert.match(missing.headers["x-amzn-requestid"] ?? "", /^[0-9a-f-]{36}$/);
    assert.deepEqual(JSON.parse(missing.body), {
      Type: "User",
      Message: `Function not found: ${contract.functionArn("nobody")}`,
    });
    const mismatch = await get(`/2015-03-31/functions/${name}:$LATEST`, { Qualifier: "1" });
    assert.equal(mismatch.status, 400);
    assert.deepEqual(JSON.parse(mismatch.body), {
      Type: "User",
      message: "The derived qualifier from the function name does not match the specified qualifier.",
    });
    const invalid = await get("/2015-03-31/functions/a!b");
    assert.equal(invalid.headers["x-amzn-errortype"], "ValidationException");
    assert.deepEqual(Object.keys(JSON.parse(invalid.body)), ["message"]);
  });

  it("needs no content type, ignores unknown members and refuses what is no JSON", async () => {
    const path = `/2015-03-31/functions/${name}/configuration`;
    const put = (body: string, headers = {}) => contract.raw({ method: "PUT", path, body, headers });
    const changed = await put('{"Description":"wire","Unheard":{"Of":1}}', { "content-type": "" });
    assert.equal(changed.status, 200, changed.body);
    assert.equal(JSON.parse(changed.body).Description, "wire");
    const broken = await put("{");
    assert.equal(broken.status, 400);
    assert.match(
      broken.headers["x-amzn-errortype"] ?? "",
      /^(InvalidRequestContentException|SerializationException)$/,
    );
  });
});
