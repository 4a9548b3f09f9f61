import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import {
  CloudWatchLogs,
  type CloudWatchLogsServiceException,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { AccountDoor, friendlyKey } from "../../../testkit/account-door.ts";

const DAY_MS = 86_400_000;
let door: AccountDoor;
before(async () => {
  door = await AccountDoor.open();
});
after(() => door[Symbol.asyncDispose]());

function logs(accessKeyId = "test", region = "us-east-1"): CloudWatchLogs {
  const credentials = friendlyKey(accessKeyId);
  return new CloudWatchLogs({ endpoint: door.endpoint, region, credentials, maxAttempts: 1 });
}

async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { $metadata, name, message } = error as CloudWatchLogsServiceException;
    return `${$metadata.httpStatusCode} ${name} ${message}`;
  }
  return "no failure";
}

/** A group with one stream, and what puts events into it. */
async function filled(name: string, messages: readonly string[], client = logs(), spacingMs = 1) {
  await client.createLogGroup({ logGroupName: name });
  await client.createLogStream({ logGroupName: name, logStreamName: "s" });
  const start = Date.now() - 60_000;
  if (messages.length > 0) {
    await client.putLogEvents({
      logGroupName: name,
      logStreamName: "s",
      logEvents: messages.map((message, index) => ({ message, timestamp: start + index * spacingMs })),
    });
  }
  return { client, start, at: { logGroupName: name, logStreamName: "s" } };
}

const texts = (events: readonly { message?: string | undefined }[] | undefined) =>
  (events ?? []).map(({ message }) => message);

describe("groups", () => {
  test("are created, described, tagged and deleted", async () => {
    const client = logs();
    await client.createLogGroup({ logGroupName: "/a/b", tags: { one: "1" } });
    assert.equal(
      await failure(client.createLogGroup({ logGroupName: "/a/b" })),
      "400 ResourceAlreadyExistsException The specified log group already exists",
    );
    const { logGroups } = await client.describeLogGroups({ logGroupNamePrefix: "/a/" });
    assert.equal(logGroups?.length, 1);
    assert.equal(logGroups?.[0]?.arn, "arn:aws:logs:us-east-1:000000000000:log-group:/a/b:*");
    assert.equal(logGroups?.[0]?.retentionInDays, undefined);
    const resourceArn = logGroups?.[0]?.logGroupArn ?? "";
    await client.tagResource({ resourceArn, tags: { two: "2" } });
    await client.untagResource({ resourceArn, tagKeys: ["one"] });
    assert.deepEqual((await client.listTagsForResource({ resourceArn })).tags, { two: "2" });
    const many = (from: number) =>
      Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${from + n}`, "v"]));
    await client.tagResource({ resourceArn, tags: many(0) });
    assert.match(
      await failure(client.tagResource({ resourceArn, tags: many(30) })),
      /^400 TooManyTagsException/,
    );
    for (const foreign of [
      resourceArn.replace("000000000000", "111111111111"),
      resourceArn.replace("us-east-1", "eu-west-1"),
    ]) {
      assert.equal(
        await failure(client.listTagsForResource({ resourceArn: foreign })),
        "400 ResourceNotFoundException The specified log group does not exist.",
      );
    }
    await client.deleteLogGroup({ logGroupName: "/a/b" });
    assert.equal(
      await failure(client.deleteLogGroup({ logGroupName: "/a/b" })),
      "400 ResourceNotFoundException The specified log group does not exist.",
    );
    assert.match(
      await failure(client.createLogGroup({ logGroupName: "no spaces" })),
      /^400 InvalidParameterException .*logGroupName/,
    );
  });

  test("are listed in pages, by account and region", async () => {
    const client = logs("111111111111");
    for (let n = 0; n < 5; n += 1) await client.createLogGroup({ logGroupName: `g${n}` });
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateDescribeLogGroups({ client, pageSize: 2 }, {}))
      pages.push((page.logGroups ?? []).map(({ logGroupName }) => logGroupName));
    assert.deepEqual(pages, [["g0", "g1"], ["g2", "g3"], ["g4"]]);
    assert.equal((await client.describeLogGroups({ logGroupNamePattern: "3" })).logGroups?.length, 1);
    assert.match(
      await failure(client.describeLogGroups({ logGroupNamePattern: "3", logGroupNamePrefix: "g" })),
      /^400 InvalidParameterException .*mutually exclusive/,
    );
    assert.deepEqual((await logs("222222222222").describeLogGroups({})).logGroups, []);
    assert.deepEqual((await logs("111111111111", "eu-west-1").describeLogGroups({})).logGroups, []);
    assert.match(await failure(client.describeLogGroups({ limit: 51 })), /^400 InvalidParameterException/);
  });

  test("take the retentions that AWS takes", async () => {
    const { client, at } = await filled("kept", []);
    await client.putRetentionPolicy({ logGroupName: at.logGroupName, retentionInDays: 7 });
    const describe = () => client.describeLogGroups({ logGroupNamePrefix: "kept" });
    assert.equal((await describe()).logGroups?.[0]?.retentionInDays, 7);
    assert.match(
      await failure(client.putRetentionPolicy({ logGroupName: "kept", retentionInDays: 2 })),
      /^400 InvalidParameterException .*retentionInDays/,
    );
    await client.deleteRetentionPolicy({ logGroupName: "kept" });
    assert.equal((await describe()).logGroups?.[0]?.retentionInDays, undefined);
    assert.match(
      await failure(client.putRetentionPolicy({ logGroupName: "none", retentionInDays: 7 })),
      /^400 ResourceNotFoundException/,
    );
  });
});

test("streams are listed by name or by their last event", async () => {
  const client = logs();
  await client.createLogGroup({ logGroupName: "streams" });
  const now = Date.now();
  for (const [logStreamName, age] of [
    ["a", 1_000],
    ["b", 3_000],
    ["c", 2_000],
  ] as const) {
    await client.createLogStream({ logGroupName: "streams", logStreamName });
    await client.putLogEvents({
      logGroupName: "streams",
      logStreamName,
      logEvents: [{ timestamp: now - age, message: logStreamName }],
    });
  }
  await client.createLogStream({ logGroupName: "streams", logStreamName: "ab" });
  assert.equal(
    await failure(client.createLogStream({ logGroupName: "streams", logStreamName: "a" })),
    "400 ResourceAlreadyExistsException The specified log stream already exists",
  );
  const names = async (more: object) =>
    (await client.describeLogStreams({ logGroupName: "streams", ...more })).logStreams?.map(
      ({ logStreamName }) => logStreamName,
    );
  assert.deepEqual(await names({}), ["a", "ab", "b", "c"]);
  assert.deepEqual(await names({ descending: true }), ["c", "b", "ab", "a"]);
  assert.deepEqual(await names({ orderBy: "LastEventTime" }), ["ab", "b", "c", "a"]);
  assert.deepEqual(await names({ orderBy: "LastEventTime", descending: true }), ["a", "c", "b", "ab"]);
  assert.deepEqual(await names({ logStreamNamePrefix: "a" }), ["a", "ab"]);
  const first = await client.describeLogStreams({ logGroupName: "streams", limit: 3 });
  assert.deepEqual(await names({ limit: 3, nextToken: first.nextToken }), ["c"]);
  assert.equal(first.logStreams?.[0]?.lastEventTimestamp, now - 1_000);
  assert.equal(
    first.logStreams?.[0]?.arn,
    "arn:aws:logs:us-east-1:000000000000:log-group:streams:log-stream:a",
  );
  assert.match(
    await failure(
      client.describeLogStreams({
        logGroupName: "streams",
        orderBy: "LastEventTime",
        logStreamNamePrefix: "a",
      }),
    ),
    /^400 InvalidParameterException Cannot order by LastEventTime with a logStreamNamePrefix/,
  );
  assert.match(
    await failure(client.describeLogStreams({ logGroupName: "streams", nextToken: "nonsense" })),
    /^400 InvalidParameterException The specified nextToken is invalid/,
  );
  await client.deleteLogStream({ logGroupName: "streams", logStreamName: "a" });
  assert.equal(
    await failure(client.getLogEvents({ logGroupName: "streams", logStreamName: "a" })),
    "400 ResourceNotFoundException The specified log stream does not exist.",
  );
  const left = await client.filterLogEvents({ logGroupName: "streams" });
  assert.deepEqual(texts(left.events), ["b", "c"]);
});

test("PutLogEvents tells which events it rejects and refuses what is no batch", async () => {
  const { client, at } = await filled("batches", []);
  const now = Date.now();
  const put = (logEvents: { timestamp: number; message: string }[]) =>
    client.putLogEvents({ ...at, logEvents });
  assert.match(
    await failure(
      put([
        { timestamp: now, message: "later" },
        { timestamp: now - 1, message: "earlier" },
      ]),
    ),
    /^400 InvalidParameterException .*chronological order/,
  );
  assert.match(
    await failure(
      put([
        { timestamp: now - DAY_MS - 1, message: "a" },
        { timestamp: now, message: "b" },
      ]),
    ),
    /^400 InvalidParameterException .*24 hours/,
  );
  assert.match(
    await failure(put([{ timestamp: now, message: "x".repeat(1_048_576) }])),
    /^400 InvalidParameterException Upload too large: 1048602 bytes exceeds limit of 1048576/,
  );
  assert.match(await failure(put([])), /^400 InvalidParameterException .*logEvents/);
  assert.match(await failure(put([{ timestamp: now, message: "" }])), /^400 InvalidParameterException/);
  const future = await put([
    { timestamp: now, message: "now" },
    { timestamp: now + 3 * 3_600_000, message: "too new" },
  ]);
  assert.deepEqual(future.rejectedLogEventsInfo, { tooNewLogEventStartIndex: 1 });
  const old = await put([{ timestamp: now - 15 * DAY_MS, message: "too old" }]);
  assert.deepEqual(old.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 });
  await client.putRetentionPolicy({ logGroupName: at.logGroupName, retentionInDays: 1 });
  const expired = await put([{ timestamp: now - 2 * DAY_MS, message: "expired" }]);
  assert.deepEqual(expired.rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
  assert.deepEqual(texts((await client.getLogEvents(at)).events), ["now"]);
  assert.match(
    await failure(
      client.putLogEvents({ ...at, logStreamName: "none", logEvents: [{ timestamp: now, message: "m" }] }),
    ),
    /^400 ResourceNotFoundException The specified log stream does not exist/,
  );
});

test("GetLogEvents walks both ways and stands still at the ends", async () => {
  const { client, at, start } = await filled("walk", ["0", "1", "2", "3", "4", "5", "6"]);
  const latest = await client.getLogEvents({ ...at, limit: 3 });
  assert.deepEqual(texts(latest.events), ["4", "5", "6"]);
  const back = await client.getLogEvents({ ...at, limit: 3, nextToken: latest.nextBackwardToken });
  assert.deepEqual(texts(back.events), ["1", "2", "3"]);
  const end = await client.getLogEvents({ ...at, nextToken: latest.nextForwardToken });
  assert.deepEqual([texts(end.events), end.nextForwardToken], [[], latest.nextForwardToken]);
  await client.putLogEvents({ ...at, logEvents: [{ timestamp: start + 100, message: "7" }] });
  const more = await client.getLogEvents({ ...at, nextToken: end.nextForwardToken });
  assert.deepEqual(texts(more.events), ["7"]);
  const head = await client.getLogEvents({ ...at, limit: 2, startFromHead: true });
  assert.deepEqual(texts(head.events), ["0", "1"]);
  const before = await client.getLogEvents({ ...at, nextToken: head.nextBackwardToken });
  assert.deepEqual([texts(before.events), before.nextBackwardToken], [[], head.nextBackwardToken]);
  const range = await client.getLogEvents({ ...at, startTime: start + 2, endTime: start + 4 });
  assert.deepEqual(texts(range.events), ["2", "3"]);
  for (const nextToken of ["f/1", "x", `f/${"9".repeat(57)}`])
    assert.match(
      await failure(client.getLogEvents({ ...at, nextToken })),
      /^400 InvalidParameterException The specified nextToken is invalid/,
    );
  assert.match(
    await failure(client.getLogEvents({ ...at, limit: 10_001 })),
    /^400 InvalidParameterException/,
  );
  const large = await filled(
    "large",
    ["1", "2", "3"].map((digit) => digit.repeat(330_000)),
  );
  await large.client.putLogEvents({
    ...large.at,
    logEvents: [{ timestamp: large.start + 10, message: "4".repeat(330_000) }],
  });
  const tail = await large.client.getLogEvents(large.at);
  assert.deepEqual(
    texts(tail.events).map((message) => message?.[0]),
    ["2", "3", "4"],
  );
});

describe("FilterLogEvents", () => {
  test("reads a whole group in pages, in the order of time", async () => {
    const client = logs();
    await client.createLogGroup({ logGroupName: "pages" });
    const now = Date.now() - 10_000;
    for (const [logStreamName, offset] of [
      ["even", 0],
      ["odd", 1],
    ] as const) {
      await client.createLogStream({ logGroupName: "pages", logStreamName });
      await client.putLogEvents({
        logGroupName: "pages",
        logStreamName,
        logEvents: Array.from({ length: 10 }, (_, n) => ({
          timestamp: now + 2 * n + offset,
          message: String(2 * n + offset),
        })),
      });
    }
    const all: (string | undefined)[] = [];
    const ids = new Set<string | undefined>();
    for await (const page of paginateFilterLogEvents({ client, pageSize: 3 }, { logGroupName: "pages" })) {
      assert.ok((page.events?.length ?? 0) <= 3);
      all.push(...texts(page.events));
      for (const { eventId } of page.events ?? []) ids.add(eventId);
    }
    assert.deepEqual(
      all,
      Array.from({ length: 20 }, (_, n) => String(n)),
    );
    assert.equal(ids.size, 20);
    const some = async (more: object) =>
      texts((await client.filterLogEvents({ logGroupName: "pages", ...more })).events);
    assert.deepEqual(await some({ startTime: now + 3, endTime: now + 5 }), ["3", "4", "5"]);
    assert.deepEqual(await some({ logStreamNames: ["odd"], limit: 2 }), ["1", "3"]);
    assert.deepEqual(await some({ logStreamNamePrefix: "ev", limit: 2 }), ["0", "2"]);
    assert.deepEqual(await some({ filterPattern: "?7 ?12" }), ["7", "12", "17"]);
    assert.match(
      await failure(some({ logStreamNamePrefix: "ev", logStreamNames: ["odd"] })),
      /^400 InvalidParameterException .*mutually exclusive/,
    );
    assert.match(await failure(some({ logStreamNames: ["none"] })), /^400 ResourceNotFoundException/);
  });

  test("goes on after a page in which nothing matched", async () => {
    const quiet = Array.from({ length: 2_500 }, (_, n) => `quiet ${n}`);
    const { client, at } = await filled("scarce", [...quiet, "loud"]);
    const found = await client.filterLogEvents({
      logGroupName: at.logGroupName,
      filterPattern: "loud",
      limit: 1,
    });
    assert.deepEqual(texts(found.events), ["loud"]);
  });

  test("refuses patterns that are none", async () => {
    const { client } = await filled("patterns", []);
    for (const filterPattern of ["{ $.a = }", "{ $.a = 1", "[a, b", "a&b", "%(a)%", '{ $.a > "x" }']) {
      assert.match(
        await failure(client.filterLogEvents({ logGroupName: "patterns", filterPattern })),
        /^400 InvalidParameterException Invalid/,
        filterPattern,
      );
    }
  });
});

test("everything is there after a restart", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "lambkin-logs-"));
  try {
    const settings = { region: "us-east-1", credentials: friendlyKey("test") };
    {
      await using first = await AccountDoor.open({ directory });
      const client = new CloudWatchLogs({ endpoint: first.endpoint, ...settings });
      await client.createLogGroup({ logGroupName: "g", tags: { k: "v" } });
      await client.putRetentionPolicy({ logGroupName: "g", retentionInDays: 30 });
      first.logSink.append({ account: "000000000000", region: "us-east-1", group: "g", stream: "s" }, [
        { timestamp: Date.now(), message: "written by close" },
      ]);
    }
    await using second = await AccountDoor.open({ directory });
    const client = new CloudWatchLogs({ endpoint: second.endpoint, ...settings });
    assert.equal((await client.describeLogGroups({})).logGroups?.[0]?.retentionInDays, 30);
    const { events } = await client.getLogEvents({ logGroupName: "g", logStreamName: "s" });
    assert.deepEqual(texts(events), ["written by close"]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
