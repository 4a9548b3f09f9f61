import assert from "node:assert/strict";
import { test } from "node:test";
import { lambkin } from "../../testkit/lambkin-server.ts";

test("an event is printed with parameters, paths and overrides set, for other programs to read", async () => {
  const made = await lambkin(
    "generate-event",
    "sqs",
    "body=Hello",
    "Records[0].attributes.Extra=yes",
    "--overrides",
    `{"Records":[{"messageId":"m-1"},{"messageId":"m-2"}]}`,
    "--region",
    "eu-west-1",
  );
  assert.equal(made.code, 0, made.stderr);
  const { Records } = JSON.parse(made.stdout) as {
    Records: (Record<string, unknown> & { attributes: Record<string, string> })[];
  };
  assert.equal(Records.length, 2);
  assert.equal(Records[0]?.["body"], "Hello");
  assert.equal(Records[0]?.["messageId"], "m-1");
  assert.equal(Records[0]?.attributes["Extra"], "yes");
  assert.equal(Records[0]?.attributes["ApproximateReceiveCount"], "1");
  assert.equal(Records[0]?.["eventSourceARN"], "arn:aws:sqs:eu-west-1:000000000000:example-queue");

  const listed = await lambkin("generate-event", "--list", "kinesis");
  assert.match(listed.stdout, /^kinesis +record .*\nkinesis +window /);
});

test("what is no event, no parameter and no JSON is said with what there is", async () => {
  const [source, name, parameter, overrides] = await Promise.all([
    lambkin("generate-event", "s4"),
    lambkin("generate-event", "s3", "putt"),
    lambkin("generate-event", "s3", "put", "bukket=x"),
    lambkin("generate-event", "s3", "--overrides", "{"),
  ]);
  for (const { code, stdout } of [source, name, parameter, overrides]) {
    assert.equal(code, 2);
    assert.equal(stdout, "");
  }
  assert.match(source.stderr, /there are alb, .*sqs/);
  assert.match(name.stderr, /it has put, post/);
  assert.match(parameter.stderr, /bucket, key, size/);
  assert.match(overrides.stderr, /takes JSON/);
});
