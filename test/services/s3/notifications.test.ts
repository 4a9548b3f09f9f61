import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { eventually } from "../../../testkit/eventually.ts";
import { ACCOUNT, body, FUNCTION_ARN, S3World } from "../../../testkit/s3-world.ts";

const BUCKET = "notified";
const QUEUE_ARN = `arn:aws:sqs:us-east-1:${ACCOUNT}:q`;
const TOPIC_ARN = `arn:aws:sns:us-east-1:${ACCOUNT}:t`;

describe("notifications", () => {
  let s3: S3World;

  // One each: what a test sets off is delivered when it has ended, too.
  beforeEach(async () => {
    s3 = await S3World.open();
    await s3.call("CreateBucket", { Bucket: BUCKET });
  });
  afterEach(() => s3.close());

  const configure = (NotificationConfiguration: object, more: object = {}) =>
    s3.call("PutBucketNotificationConfiguration", { Bucket: BUCKET, NotificationConfiguration, ...more });
  const rule = (Events: string[], more: object = {}) => ({
    LambdaFunctionArn: FUNCTION_ARN,
    Events,
    ...more,
  });
  const toFunction = (...configurations: object[]) =>
    configure({ LambdaFunctionConfigurations: configurations });
  const filter = (...rules: [string, string][]) => ({
    Filter: { Key: { FilterRules: rules.map(([Name, Value]) => ({ Name, Value })) } },
  });

  /** Waits until a last event has come through, then tells what came before it. */
  async function records(): Promise<any[]> {
    await s3.put(BUCKET, "the-end", "");
    await eventually(
      () => s3.targets.messages.some(({ Records }) => Records?.[0].s3.object.key === "the-end") || undefined,
      { what: "the last event" },
    );
    return s3.targets.messages
      .flatMap((message) => message.Records ?? [])
      .filter((record) => record.s3.object.key !== "the-end");
  }

  it("sends the whole record of an upload", async () => {
    await toFunction(rule(["s3:ObjectCreated:*"], { Id: "mine" }));
    const begun = Date.now();
    const { ETag } = await s3.call(
      "PutObject",
      { Bucket: BUCKET, Key: "dir/red flower@~ü*.jpg", Body: body("12345") },
      {
        requestId: "C3D13FE58DE4C810",
        extendedRequestId: "FMyUVURIY8",
        sourceIp: "10.1.2.3",
        headers: { "x-amzn-trace-id": "Root=1-2-3" },
      },
    );
    const [record] = await records();
    const time = Date.parse(record.eventTime);
    assert.ok(time >= begun && time <= Date.now());
    assert.match(record.eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const { sequencer } = record.s3.object;
    assert.match(sequencer, /^[0-9A-F]{16}$/);
    assert.match(record.s3.bucket.ownerIdentity.principalId, /^A[A-Z2-7]{13}$/);
    assert.deepEqual(record, {
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventTime: record.eventTime,
      eventName: "ObjectCreated:Put",
      userIdentity: { principalId: "AWS:AIDAANNA" },
      requestParameters: { sourceIPAddress: "10.1.2.3" },
      responseElements: { "x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8" },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "mine",
        bucket: {
          name: BUCKET,
          ownerIdentity: record.s3.bucket.ownerIdentity,
          arn: `arn:aws:s3:::${BUCKET}`,
        },
        object: {
          key: "dir/red+flower%40%7E%C3%BC*.jpg",
          size: 5,
          eTag: ETag.slice(1, -1),
          sequencer,
        },
      },
    });
    const { targetArn, origin, traceId } = s3.targets.delivered[0] as (typeof s3.targets.delivered)[0];
    assert.equal(targetArn, FUNCTION_ARN);
    assert.equal(traceId, "Root=1-2-3");
    assert.deepEqual(origin, {
      principal: "s3.amazonaws.com",
      sourceArn: `arn:aws:s3:::${BUCKET}`,
      sourceAccount: ACCOUNT,
    });
  });

  it("names every kind of change, and gives what belongs to it", async () => {
    await toFunction(rule(["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]));
    await s3.put(BUCKET, "x", "x");
    await s3.call("CopyObject", { Bucket: BUCKET, Key: "y", CopySource: `${BUCKET}/x` });
    const { UploadId } = await s3.call("CreateMultipartUpload", { Bucket: BUCKET, Key: "z" });
    const part = { Bucket: BUCKET, Key: "z", UploadId };
    const { ETag } = await s3.call("UploadPart", { ...part, PartNumber: 1, Body: body("z") });
    await s3.call("CompleteMultipartUpload", {
      ...part,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    });
    const TagSet = [{ Key: "a", Value: "1" }];
    await s3.call("PutObjectTagging", { Bucket: BUCKET, Key: "x", Tagging: { TagSet } });
    await s3.call("DeleteObjectTagging", { Bucket: BUCKET, Key: "x" });
    await s3.call("DeleteObject", { Bucket: BUCKET, Key: "x" });
    await s3.call("DeleteObject", { Bucket: BUCKET, Key: "x" });
    await s3.call("DeleteObjects", {
      Bucket: BUCKET,
      Delete: { Objects: [{ Key: "y" }, { Key: "none" }, { Key: "z" }] },
    });
    await assert.rejects(s3.put(BUCKET, "failed", "x", { IfMatch: "nothing" }));
    const told = await records();
    assert.deepEqual(
      told.map(({ eventName, eventVersion, s3: { object } }) => [
        eventName,
        eventVersion,
        object.key,
        Object.keys(object).join(),
      ]),
      [
        ["ObjectCreated:Put", "2.1", "x", "key,size,eTag,sequencer"],
        ["ObjectCreated:Copy", "2.1", "y", "key,size,eTag,sequencer"],
        ["ObjectCreated:CompleteMultipartUpload", "2.1", "z", "key,size,eTag,sequencer"],
        ["ObjectTagging:Put", "2.3", "x", "key,eTag"],
        ["ObjectTagging:Delete", "2.3", "x", "key,eTag"],
        ["ObjectRemoved:Delete", "2.1", "x", "key,sequencer"],
        ["ObjectRemoved:Delete", "2.1", "y", "key,sequencer"],
        ["ObjectRemoved:Delete", "2.1", "z", "key,sequencer"],
      ],
    );
    assert.match(told[2].s3.object.eTag, /^[0-9a-f]{32}-1$/);
    const sequencers = told.map((record) => record.s3.object.sequencer).filter(Boolean);
    assert.deepEqual(
      sequencers,
      sequencers.toSorted((a: string, b: string) => (a < b ? -1 : 1)),
    );
    assert.equal(new Set(sequencers).size, sequencers.length);
    assert.equal(new Set(s3.targets.delivered.map((event) => event.id)).size, s3.targets.delivered.length);
  });

  it("filters by event, prefix and suffix", async () => {
    await toFunction(
      rule(["s3:ObjectCreated:Put"], { Id: "a", ...filter(["prefix", "images/"], ["SUFFIX", ".jpg"]) }),
      rule(["s3:ObjectCreated:Put"], { Id: "b", ...filter(["Prefix", "a+b%20c"]) }),
      rule(["s3:ObjectRemoved:Delete"], { Id: "c", ...filter(["prefix", ""]) }),
      rule(["s3:ObjectCreated:Put"], { Id: "end", ...filter(["prefix", "the-end"]) }),
    );
    for (const key of ["images/1.jpg", "images/1.png", "other/1.jpg", "a b c/1", "a+b%20c/2", "a+b c"])
      await s3.put(BUCKET, key, "x");
    await s3.call("CopyObject", {
      Bucket: BUCKET,
      Key: "images/2.jpg",
      CopySource: `${BUCKET}/images/1.jpg`,
    });
    await s3.call("DeleteObject", { Bucket: BUCKET, Key: "images/1.png" });
    assert.deepEqual(
      (await records()).map((record) => [record.s3.configurationId, record.s3.object.key]),
      [
        ["a", "images/1.jpg"],
        ["b", "a+b+c/1"],
        ["b", "a%2Bb%2520c/2"],
        ["c", "images/1.png"],
      ],
    );
  });

  it("gives the configuration back, with ids and names made uniform", async () => {
    const get = () => s3.call("GetBucketNotificationConfiguration", { Bucket: BUCKET });
    const Events = ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"];
    await configure({
      LambdaFunctionConfigurations: [rule(Events, filter(["prefix", "a"], ["sUFFIX", ""]))],
      QueueConfigurations: [{ Id: "queue", QueueArn: QUEUE_ARN, Events: ["s3:ObjectRemoved:*"] }],
      TopicConfigurations: [{ Id: "topic", TopicArn: TOPIC_ARN, Events: ["s3:ObjectTagging:Put"] }],
    });
    const got = await get();
    const { Id } = got.LambdaFunctionConfigurations[0];
    assert.match(Id, /^[\w-]{32}$/);
    assert.deepEqual(got, {
      TopicConfigurations: [{ Id: "topic", TopicArn: TOPIC_ARN, Events: ["s3:ObjectTagging:Put"] }],
      QueueConfigurations: [{ Id: "queue", QueueArn: QUEUE_ARN, Events: ["s3:ObjectRemoved:*"] }],
      LambdaFunctionConfigurations: [
        { Id, LambdaFunctionArn: FUNCTION_ARN, Events, ...filter(["Prefix", "a"], ["Suffix", ""]) },
      ],
    });
    await configure({});
    assert.deepEqual(await get(), {});
  });

  it("sends the test message to queues and topics, not to functions", async () => {
    await configure({
      LambdaFunctionConfigurations: [rule(["s3:ObjectCreated:*"])],
      QueueConfigurations: [
        { QueueArn: QUEUE_ARN, Events: ["s3:ObjectRemoved:*"], ...filter(["prefix", "a"]) },
        { QueueArn: QUEUE_ARN, Events: ["s3:ObjectRemoved:*"], ...filter(["prefix", "b"]) },
      ],
      TopicConfigurations: [{ TopicArn: TOPIC_ARN, Events: ["s3:ObjectTagging:*"] }],
    });
    assert.deepEqual(await records(), []);
    await eventually(() => s3.targets.delivered.length === 3 || undefined, { what: "test messages" });
    const tests = s3.targets.delivered.filter((event) => event.targetArn !== FUNCTION_ARN);
    assert.deepEqual(tests.map((event) => event.targetArn).sort(), [TOPIC_ARN, QUEUE_ARN]);
    const message = JSON.parse(Buffer.from(tests[0]?.payload ?? []).toString());
    assert.deepEqual(Object.keys(message), ["Service", "Event", "Time", "Bucket", "RequestId", "HostId"]);
    assert.equal(message.Event, "s3:TestEvent");
    assert.equal(message.Bucket, BUCKET);
  });

  it("refuses configurations that make no sense", async () => {
    const put = ["s3:ObjectCreated:Put"];
    const refused: [object, object][] = [
      [
        { LambdaFunctionConfigurations: [{ LambdaFunctionArn: "nonsense", Events: put }] },
        {
          message: "The ARN could not be parsed",
          members: { ArgumentName: "CloudFunction", ArgumentValue: "nonsense" },
        },
      ],
      [
        { QueueConfigurations: [{ QueueArn: TOPIC_ARN, Events: put }] },
        {
          message: "The ARN could not be parsed",
          members: { ArgumentName: "Queue", ArgumentValue: TOPIC_ARN },
        },
      ],
      [
        { TopicConfigurations: [{ TopicArn: "arn:aws:sns", Events: put }] },
        {
          message: "The ARN could not be parsed",
          members: { ArgumentName: "Topic", ArgumentValue: "arn:aws:sns" },
        },
      ],
      [
        { LambdaFunctionConfigurations: [rule(put, filter(["infix", "x"]))] },
        {
          message: "filter rule name must be either prefix or suffix",
          members: { ArgumentName: "FilterRule.Name", ArgumentValue: "infix" },
        },
      ],
      [
        { LambdaFunctionConfigurations: [rule(put), rule(["s3:ObjectCreated:*"])] },
        {
          message:
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
        },
      ],
      [
        {
          LambdaFunctionConfigurations: [rule(put, filter(["prefix", "a/"], ["suffix", "g"]))],
          QueueConfigurations: [
            { QueueArn: QUEUE_ARN, Events: put, ...filter(["prefix", "a/b"], ["suffix", ".jpg"]) },
          ],
        },
        { message: /ambiguously defined/ },
      ],
      [
        { LambdaFunctionConfigurations: [rule(["s3:ObjectEaten"])] },
        { members: { ArgumentName: "Event", ArgumentValue: "s3:ObjectEaten" } },
      ],
      [
        { LambdaFunctionConfigurations: [rule(put, filter(["prefix", "a"], ["Prefix", "b"]))] },
        { members: { ArgumentName: "FilterRule.Name", ArgumentValue: "Prefix" } },
      ],
      [{ LambdaFunctionConfigurations: [rule(put, { Id: "x".repeat(256) })] }, { code: "InvalidArgument" }],
      [
        {
          LambdaFunctionConfigurations: [
            rule(put, { Id: "same" }),
            rule(["s3:ObjectRemoved:*"], { Id: "same" }),
          ],
        },
        { code: "InvalidArgument" },
      ],
      [
        { QueueConfigurations: [{ QueueArn: `${QUEUE_ARN}.fifo`, Events: put }] },
        { message: "Unable to validate the following destination configurations" },
      ],
      [
        {
          LambdaFunctionConfigurations: Array.from({ length: 101 }, (_, index) =>
            rule(put, filter(["prefix", `${index}/`])),
          ),
        },
        { code: "InvalidArgument" },
      ],
    ];
    for (const [configuration, error] of refused)
      await assert.rejects(
        configure(configuration),
        { code: "InvalidArgument", status: 400, ...error },
        JSON.stringify(configuration),
      );
    for (const FilterRules of [[{ Name: "prefix" }], [{ Value: "x" }]])
      await assert.rejects(toFunction(rule(put, { Filter: { Key: { FilterRules } } })), {
        code: "MalformedXML",
      });
    await assert.rejects(configure({ EventBridgeConfiguration: {} }), {
      code: "NotImplemented",
      status: 501,
    });
    await assert.rejects(
      s3.call("PutBucketNotificationConfiguration", { Bucket: "none", NotificationConfiguration: {} }),
      { code: "NoSuchBucket" },
    );
    await toFunction(
      rule(put, filter(["prefix", "a/"], ["suffix", ".jpg"])),
      rule(put, filter(["prefix", "a/"], ["suffix", ".png"])),
      rule(put, filter(["prefix", "b/"], ["suffix", ".jpg"])),
    );
  });

  it("asks the destinations, and tells of all that refuse", async () => {
    s3.targets.checks.set(FUNCTION_ARN, "forbidden");
    s3.targets.checks.set(QUEUE_ARN, "missing");
    s3.targets.checks.set(TOPIC_ARN, "forbidden");
    const configuration = {
      TopicConfigurations: [{ TopicArn: TOPIC_ARN, Events: ["s3:ObjectTagging:*"] }],
      QueueConfigurations: [{ QueueArn: QUEUE_ARN, Events: ["s3:ObjectRemoved:*"] }],
      LambdaFunctionConfigurations: [rule(["s3:ObjectCreated:*"])],
    };
    await assert.rejects(configure(configuration), {
      code: "InvalidArgument",
      message: "Unable to validate the following destination configurations",
      members: {
        ArgumentName1: TOPIC_ARN,
        ArgumentValue1:
          "Permissions on the destination topic do not allow S3 to publish notifications from this bucket",
        ArgumentName2: QUEUE_ARN,
        ArgumentValue2: "The destination queue does not exist",
        ArgumentName3: `${FUNCTION_ARN}, null`,
        ArgumentValue3: `Not authorized to invoke function [${FUNCTION_ARN}]`,
      },
    });
    assert.deepEqual(s3.targets.asked[0]?.[1], {
      principal: "s3.amazonaws.com",
      sourceArn: `arn:aws:s3:::${BUCKET}`,
      sourceAccount: ACCOUNT,
    });
    await configure(configuration, { SkipDestinationValidation: true });
    await configure({});
  });

  it("delivers after a restart what could not be delivered before", async () => {
    await toFunction(rule(["s3:ObjectCreated:*"]));
    s3.targets.refusing = true;
    for (let index = 0; index < 5; index++) await s3.put(BUCKET, `late-${index}`, "x");
    await s3.reopen();
    s3.targets.refusing = false;
    await s3.reopen();
    await eventually(() => s3.targets.delivered.length >= 5 || undefined, { what: "late deliveries" });
    assert.deepEqual(
      s3.targets.messages.map((message) => message.Records[0].s3.object.key),
      Array.from({ length: 5 }, (_, index) => `late-${index}`),
    );
  });
});
