/** What log groups keep of what they are given, as the official client is shown it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatchLogs, type CreateLogGroupCommandInput } from "@aws-sdk/client-cloudwatch-logs";
import { AccountDoor, DOOR_ACCOUNT, friendlyKey } from "../../../testkit/account-door.ts";
import { unheededSettings } from "../../../testkit/unheeded-settings.ts";

const { log, take } = unheededSettings();
const KEY = `arn:aws:kms:us-east-1:${DOOR_ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ARN = `arn:aws:logs:us-east-1:${DOOR_ACCOUNT}:log-group`;
let door: AccountDoor;
let client: CloudWatchLogs;
let made = 0;
before(async () => {
  door = await AccountDoor.open({ log });
  client = new CloudWatchLogs({
    endpoint: door.endpoint,
    region: "us-east-1",
    credentials: friendlyKey("test"),
    maxAttempts: 1,
  });
});
after(async () => {
  client.destroy();
  await door[Symbol.asyncDispose]();
});

async function create(settings: Partial<CreateLogGroupCommandInput> = {}): Promise<string> {
  const logGroupName = `/settings/${++made}`;
  take();
  await client.createLogGroup({ logGroupName, ...settings });
  return logGroupName;
}

async function shown(logGroupName: string) {
  const { logGroups } = await client.describeLogGroups({ logGroupNamePrefix: logGroupName });
  const group = logGroups?.find((each) => each.logGroupName === logGroupName);
  assert.ok(group);
  return group;
}

test("a group without settings is of the class STANDARD and without a key", async () => {
  const { creationTime: _created, ...group } = await shown(await create());
  assert.deepEqual(group, {
    logGroupName: `/settings/${made}`,
    metricFilterCount: 0,
    arn: `${ARN}:/settings/${made}:*`,
    logGroupArn: `${ARN}:/settings/${made}`,
    storedBytes: 0,
    logGroupClass: "STANDARD",
    deletionProtectionEnabled: false,
  });
  assert.deepEqual(take(), []);
});

test("a key is shown, changed, taken away and said in the log", async () => {
  const name = await create({ kmsKeyId: KEY });
  assert.equal((await shown(name)).kmsKeyId, KEY);
  assert.deepEqual(take(), [{ logGroup: `${ARN}:${name}`, settings: ["kmsKeyId"] }]);
  const other = KEY.replace("1234abcd", "abcd1234");
  await client.associateKmsKey({ logGroupName: name, kmsKeyId: other });
  assert.equal((await shown(name)).kmsKeyId, other);
  assert.deepEqual(take()[0]?.["settings"], ["kmsKeyId"]);
  await client.associateKmsKey({ resourceIdentifier: `${ARN}:${name}`, kmsKeyId: KEY });
  assert.equal((await shown(name)).kmsKeyId, KEY);
  await client.disassociateKmsKey({ logGroupName: name });
  assert.equal((await shown(name)).kmsKeyId, undefined);
});

test("what is no key of the region, and keys for nothing or for query results, are refused", async () => {
  const refused = { name: "InvalidParameterException" };
  for (const kmsKeyId of [
    "alias/mine",
    KEY.replace("key/", "alias/"),
    KEY.replace("us-east-1", "eu-west-1"),
  ]) {
    const message = "The specified KMS Key Id could not be found.";
    await assert.rejects(create({ kmsKeyId }), { ...refused, message });
  }
  const name = await create();
  await assert.rejects(client.associateKmsKey({ kmsKeyId: KEY }), refused);
  await assert.rejects(
    client.associateKmsKey({ kmsKeyId: KEY, logGroupName: name, resourceIdentifier: `${ARN}:${name}` }),
    refused,
  );
  await assert.rejects(
    client.disassociateKmsKey({
      resourceIdentifier: `arn:aws:logs:us-east-1:${DOOR_ACCOUNT}:query-result:*`,
    }),
    { ...refused, message: /no queries/ },
  );
  await assert.rejects(client.associateKmsKey({ kmsKeyId: KEY, logGroupName: "/absent" }), {
    name: "ResourceNotFoundException",
  });
});

test("the class is shown, listed by and said in the log, and DELIVERY has a retention of its own", async () => {
  const seldom = await create({ logGroupClass: "INFREQUENT_ACCESS" });
  assert.equal((await shown(seldom)).logGroupClass, "INFREQUENT_ACCESS");
  assert.deepEqual(take()[0]?.["settings"], ["logGroupClass"]);
  const delivered = await create({ logGroupClass: "DELIVERY" });
  const { logGroupClass, retentionInDays } = await shown(delivered);
  assert.deepEqual([logGroupClass, retentionInDays], ["DELIVERY", 2]);
  const unsupported = {
    name: "ValidationException",
    message: "This operation is not supported for Delivery log class",
  };
  await assert.rejects(
    client.putRetentionPolicy({ logGroupName: delivered, retentionInDays: 7 }),
    unsupported,
  );
  await assert.rejects(client.deleteRetentionPolicy({ logGroupName: delivered }), unsupported);
  const { logGroups } = await client.describeLogGroups({ logGroupClass: "DELIVERY" });
  assert.deepEqual(
    logGroups?.map(({ logGroupName }) => logGroupName),
    [delivered],
  );
  await assert.rejects(create({ logGroupClass: "SELDOM" as "STANDARD" }), {
    name: "InvalidParameterException",
    message: /logGroupClass/,
  });
});

test("a group that is protected against deletion, and its streams, can't be deleted until it is no more", async () => {
  const logGroupName = await create({ deletionProtectionEnabled: true });
  const stream = { logGroupName, logStreamName: "s" };
  await client.createLogStream(stream);
  assert.equal((await shown(logGroupName)).deletionProtectionEnabled, true);
  const refused = { name: "ValidationException", message: /deletion protection/i };
  await assert.rejects(client.deleteLogGroup({ logGroupName }), refused);
  await assert.rejects(client.deleteLogStream(stream), refused);
  await client.putLogGroupDeletionProtection({
    logGroupIdentifier: `${ARN}:${logGroupName}`,
    deletionProtectionEnabled: false,
  });
  await client.deleteLogStream(stream);
  await client.putLogGroupDeletionProtection({
    logGroupIdentifier: logGroupName,
    deletionProtectionEnabled: true,
  });
  await assert.rejects(client.deleteLogGroup({ logGroupName }), refused);
  await client.putLogGroupDeletionProtection({
    logGroupIdentifier: logGroupName,
    deletionProtectionEnabled: false,
  });
  await client.deleteLogGroup({ logGroupName });
});

test("groups are listed by name and by account", async () => {
  const named = [await create(), await create()];
  const names = async (input: Parameters<typeof client.describeLogGroups>[0]) =>
    (await client.describeLogGroups(input)).logGroups?.map(({ logGroupName }) => logGroupName);
  assert.deepEqual(
    await names({ logGroupIdentifiers: [`${ARN}:${named[0]}`, named[1] ?? "", "/absent"] }),
    named,
  );
  const mine = { includeLinkedAccounts: true, accountIdentifiers: [DOOR_ACCOUNT] };
  assert.ok((await names(mine))?.includes(named[0]));
  assert.deepEqual(await names({ ...mine, accountIdentifiers: ["111111111111"] }), []);
  for (const input of [
    { accountIdentifiers: [DOOR_ACCOUNT] },
    { logGroupIdentifiers: named, logGroupNamePrefix: "/" },
  ]) {
    await assert.rejects(client.describeLogGroups(input), { name: "InvalidParameterException" });
  }
});

test("FilterLogEvents begins with the latest if asked to, and its tokens go on that way", async () => {
  const logGroupName = await create();
  const stream = { logGroupName, logStreamName: "s" };
  await client.createLogStream(stream);
  const timestamp = Date.now();
  await client.putLogEvents({
    ...stream,
    logEvents: ["1", "2", "3", "4", "5"].map((message, at) => ({ message, timestamp: timestamp - 5 + at })),
  });
  const pages: (string | undefined)[][] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.filterLogEvents({
      logGroupName,
      limit: 2,
      ...(nextToken === undefined ? { startFromHead: false } : { nextToken }),
    });
    pages.push(page.events?.map(({ message }) => message) ?? []);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(pages, [["5", "4"], ["3", "2"], ["1"]]);
  await assert.rejects(
    client.filterLogEvents({ logGroupName, startFromHead: false, startTime: Date.UTC(2023, 11, 31) }),
    { name: "InvalidParameterException", message: /2024/ },
  );
});

test("events are taken without the entity that comes with them, which is rejected", async () => {
  const logGroupName = await create();
  const stream = { logGroupName, logStreamName: "s" };
  await client.createLogStream(stream);
  const answer = await client.putLogEvents({
    ...stream,
    logEvents: [{ message: "kept", timestamp: Date.now() }],
    entity: { keyAttributes: { Type: "Service", Name: "shop", Environment: "test" } },
  });
  assert.deepEqual(answer.rejectedEntityInfo, { errorType: "UnsupportedLogGroupType" });
  assert.equal((await client.getLogEvents(stream)).events?.[0]?.message, "kept");
});
