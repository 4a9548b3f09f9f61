/** What happens when the disk fails the server: it is full, or what is on it is not what was written. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { CreateLogGroupCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { deploymentPackage } from "../../testkit/deployment-package.ts";
import { eventually } from "../../testkit/eventually.ts";
import { lambkin, startLambkin } from "../../testkit/lambkin-server.ts";
import {
  BUCKET,
  type Clients,
  clientsOf,
  destroy,
  ITEMS,
  LOG_GROUP,
  LOG_STREAM,
  RECORDER,
  ROLE,
  setUp,
} from "./crash/world.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-damage-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const DISK_MIB = 64;
const FULL = /disk of this server is full/;
/** More than write-ahead logs have room for that they got before. */
const MUCH = 300_000;

const isRoot = process.getuid?.() === 0 && process.platform === "linux";

/** What each service is asked to keep, with its way to say that it can't now. */
const WRITES: readonly {
  readonly name: string;
  readonly error: string;
  readonly write: (clients: Clients, id: string) => Promise<unknown>;
}[] = [
  {
    name: "PutObject",
    error: "ServiceUnavailable",
    write: ({ s3 }, id) =>
      s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: id, Body: Buffer.alloc(MUCH) })),
  },
  {
    name: "PutItem",
    error: "ServiceUnavailable",
    write: ({ dynamodb }, id) =>
      dynamodb.send(
        new PutItemCommand({ TableName: ITEMS, Item: { id: { S: id }, body: { S: "x".repeat(MUCH) } } }),
      ),
  },
  {
    name: "CreateFunction",
    error: "ServiceException",
    write: async ({ lambda }, id) =>
      lambda.send(
        new CreateFunctionCommand({
          FunctionName: id,
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Role: ROLE,
          Code: { ZipFile: await largePackage(id) },
        }),
      ),
  },
  {
    name: "Invoke",
    error: "ServiceException",
    write: ({ lambda }, id) =>
      lambda.send(
        new InvokeCommand({
          FunctionName: RECORDER,
          InvocationType: "Event",
          Payload: Buffer.from(JSON.stringify({ id, more: "x".repeat(MUCH) })),
        }),
      ),
  },
  {
    name: "PutLogEvents",
    error: "ServiceUnavailableException",
    write: ({ logs }) =>
      logs.send(
        new PutLogEventsCommand({
          logGroupName: LOG_GROUP,
          logStreamName: LOG_STREAM,
          logEvents: [{ timestamp: Date.now(), message: "x".repeat(MUCH / 2) }],
        }),
      ),
  },
  {
    name: "CreateRole",
    error: "ServiceUnavailable",
    write: ({ iam }, id) =>
      iam.send(
        new CreateRoleCommand({
          RoleName: id,
          AssumeRolePolicyDocument: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
            ],
          }),
        }),
      ),
  },
];

/** Every package has bytes of its own, which are no shorter when they are compressed. */
async function largePackage(id: string): Promise<Uint8Array> {
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  return deploymentPackage({ "index.mjs": `export const handler = () => "${id}";`, noise });
}

test("a full disk refuses writes and nothing else, until there is room again", {
  skip: isRoot ? false : "only root may mount the small disk that this fills",
}, async () => {
  const disk = path.join(folder, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "lambkin-test", disk]);
  try {
    await fillAndFree(path.join(disk, "data"), path.join(disk, "filler"));
  } finally {
    execFileSync("umount", [disk]);
  }
});

async function fillAndFree(dataDirectory: string, filler: string): Promise<void> {
  const server = await startLambkin({ dataDirectory });
  const clients = clientsOf(server);
  try {
    await setUp(clients);
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "kept", Body: "kept" }));
    await clients.dynamodb.send(new PutItemCommand({ TableName: ITEMS, Item: { id: { S: "kept" } } }));
    await call(clients);
    await createEcho(clients);
    await echo(clients);

    fill(filler);
    const metered = await echo(clients);
    const refused: Record<string, string> = {};
    for (const { name, error, write } of WRITES) {
      const { id, refusal } = await refusalOf((next) => write(clients, next));
      refused[name] = id;
      assert.equal(refusal.name, error, `${name}: ${refusal.message}`);
      assert.match(refusal.message, FULL, name);
      assert.equal(refusal.$metadata?.httpStatusCode, 503, name);
    }
    await assert.rejects(
      clients.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: refused["PutObject"] })),
      { name: "NotFound" },
      "nothing of a refused object is there",
    );
    assert.deepEqual(readdirSync(path.join(dataDirectory, "s3", "objects", "incoming")), []);
    await readAll(clients);
    await echo(clients);

    rmSync(filler);
    for (const { name, write } of WRITES) {
      await eventually(() => write(clients, `after-${name}`), {
        what: `${name} to work again`,
      });
    }
    await call(clients);
    await readAll(clients);
    await eventually(() => (usage(dataDirectory).includes(metered) ? true : undefined), {
      what: "the usage record of an invocation on the full disk",
    });
    assert.equal(
      ((await (await fetch(`${server.endpoint}/_lambkin/health`)).json()) as { pid: number }).pid,
      server.pid,
    );
  } catch (error) {
    throw new Error(`the server said: ${server.errorOutput()}`, { cause: error });
  } finally {
    destroy(clients);
    assert.equal(await server.end("SIGTERM"), 0);
  }
}

/** A function that keeps nothing. */
async function createEcho({ lambda }: Clients): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "echo",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: ROLE,
      Timeout: 60,
      Code: {
        ZipFile: await deploymentPackage({ "index.mjs": "export const handler = (event) => event;" }),
      },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 120, minDelay: 1 },
    { FunctionName: "echo" },
  );
}

/** The request id of one invocation that was answered well. */
async function echo({ lambda }: Clients): Promise<string> {
  const { FunctionError, Payload, $metadata } = await lambda.send(
    new InvokeCommand({ FunctionName: "echo", Payload: Buffer.from('"word"') }),
  );
  assert.equal(FunctionError, undefined);
  assert.equal(Buffer.from(Payload ?? []).toString(), '"word"');
  return $metadata.requestId ?? "none";
}

function usage(dataDirectory: string): string {
  const directory = path.join(dataDirectory, "usage");
  return readdirSync(directory)
    .map((name) => readFileSync(path.join(directory, name), "utf8"))
    .join("");
}

/** Leaves no free byte. */
function fill(file: string): void {
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 4)) {
    const chunk = Buffer.alloc(size);
    try {
      for (;;) appendFileSync(file, chunk);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
    }
  }
}

/** The first write that is refused: files that are there already, or go meanwhile, may leave room for some. */
async function refusalOf(write: (id: string) => Promise<unknown>): Promise<{
  readonly id: string;
  readonly refusal: Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
}> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const id = `refused-${attempt}`;
    try {
      await write(id);
    } catch (error) {
      return { id, refusal: error as Error };
    }
  }
  throw new Error("a full disk takes everything");
}

async function call({ lambda }: Clients): Promise<void> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: RECORDER, Payload: Buffer.from('{"id":"call"}') }),
  );
  assert.equal(FunctionError, undefined, Buffer.from(Payload ?? []).toString());
}

async function readAll({ s3, dynamodb, lambda }: Clients): Promise<void> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: "kept" }));
  assert.equal(await Body?.transformToString(), "kept");
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: ITEMS, Key: { id: { S: "kept" } } }));
  assert.deepEqual(Item, { id: { S: "kept" } });
  const { State } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: RECORDER }));
  assert.equal(State, "Active");
}

test("a damaged file is named at start, with the way out, and the way out works", async () => {
  const data = path.join(folder, "data");
  const server = await startLambkin({ dataDirectory: data });
  const clients = clientsOf(server);
  await setUp(clients);
  await clients.logs.send(new CreateLogGroupCommand({ logGroupName: "/more" }));
  await clients.dynamodb.send(new PutItemCommand({ TableName: ITEMS, Item: { id: { S: "kept" } } }));
  // The queue has no file before its first event.
  await clients.lambda.send(
    new InvokeCommand({
      FunctionName: RECORDER,
      InvocationType: "Event",
      Payload: Buffer.from('{"id":"queued"}'),
    }),
  );
  destroy(clients);
  assert.equal(await server.end("SIGTERM"), 0);
  const backup = path.join(folder, "backup");
  assert.equal((await lambkin("backup", backup, "--data", data)).code, 0);

  const zeroHeader = (file: string) => overwrite(file, 0, 100);
  const zeroPages = (file: string) => overwrite(file, 4096, statSync(file).size - 4096);
  const halve = (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2));
  for (const [file, damage] of [
    ["state.db", zeroPages],
    ["queue.db", halve],
    ["logs/logs.db", zeroHeader],
    ["dynamodb/dynamodb.sqlite", zeroPages],
    ["s3/metadata.sqlite", zeroHeader],
    ["master.key", halve],
  ] as const) {
    const damaged = path.join(data, file);
    copyFileSync(damaged, `${folder}/whole`);
    damage(damaged);
    const { code, stdout, stderr } = await lambkin("start", "--port", "0", "--data", data);
    assert.equal(code, 1, `${file}: ${stdout}`);
    assert.ok(stderr.includes(damaged), `${file}: ${stderr}`);
    assert.match(stderr, /is damaged.*lambkin reset/, file);
    // Whatever a busy machine is slow to take down is named in the log, too.
    const said = stderr.split("\n").filter((line) => line !== "" && !/ is still being closed /.test(line));
    assert.equal(said.length, 1, stderr);
    copyFileSync(`${folder}/whole`, damaged);
  }

  zeroPages(path.join(data, "state.db"));
  assert.equal((await lambkin("reset", "--data", data, "--yes")).code, 0);
  assert.equal((await lambkin("restore", backup, "--data", data)).code, 0);
  await using again = await startLambkin({ dataDirectory: data });
  const { dynamodb } = clientsOf(again);
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: ITEMS, Key: { id: { S: "kept" } } }));
  assert.deepEqual(Item, { id: { S: "kept" } });
});

function overwrite(file: string, from: number, length: number): void {
  const size = statSync(file).size;
  assert.ok(from + length <= size && length > 0, `${file} has ${size} bytes`);
  const content = Buffer.alloc(length, 0xaa);
  const whole = execFileSync("cat", [file]);
  content.copy(whole, from);
  writeFileSync(file, whole);
}
