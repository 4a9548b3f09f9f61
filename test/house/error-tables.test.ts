import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as iam from "@aws-sdk/client-iam";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";

const root = path.join(import.meta.dirname, "..", "..");

interface Room {
  readonly folder: string;
  readonly client: Readonly<Record<string, unknown>>;
  /** Codes that the service's documentation names and its model does not. */
  readonly unmodelled?: readonly string[];
}

const ROOMS: readonly Room[] = [
  {
    folder: "src/functions",
    client: lambda,
    unmodelled: ["AccessDeniedException", "RequestEntityTooLargeException", "ValidationException"],
  },
  { folder: "src/invoke", client: lambda, unmodelled: ["RequestEntityTooLargeException"] },
  {
    folder: "src/services/dynamodb",
    client: dynamodb,
    unmodelled: ["AccessDeniedException", "SerializationException", "ValidationException"],
  },
  { folder: "src/services/iam", client: iam, unmodelled: ["AccessDenied", "ValidationError"] },
  { folder: "src/services/logs", client: logs },
  {
    folder: "src/services/s3",
    client: s3,
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    unmodelled: [
      "AccessControlListNotSupported",
      "BadDigest",
      "BadRequest",
      "BucketNotEmpty",
      "EntityTooLarge",
      "EntityTooSmall",
      "IllegalLocationConstraintException",
      "InvalidArgument",
      "InvalidBucketAclWithObjectOwnership",
      "InvalidBucketName",
      "InvalidLocationConstraint",
      "InvalidPart",
      "InvalidPartNumber",
      "InvalidPartOrder",
      "InvalidRange",
      "InvalidStorageClass",
      "InvalidTag",
      "KeyTooLongError",
      "MalformedXML",
      "MetadataTooLarge",
      "NoSuchBucketPolicy",
      "NoSuchCORSConfiguration",
      "NoSuchLifecycleConfiguration",
      "NoSuchPublicAccessBlockConfiguration",
      "NoSuchTagSet",
      "NoSuchVersion",
      "NoSuchWebsiteConfiguration",
      "NotImplemented",
      "NotModified",
      "ObjectLockConfigurationNotFoundError",
      "OperationAborted",
      "PreconditionFailed",
      "ReplicationConfigurationNotFoundError",
      "TooManyBuckets",
    ],
  },
  {
    folder: "src/services/sts",
    client: sts,
    unmodelled: ["AccessDenied", "InvalidClientTokenId", "ValidationError"],
  },
];

/** Where ServiceErrors are made of what came from elsewhere: a store's thread sends them in pieces. */
const REVIVES_ERRORS = "src/storage/sqlite/channel.ts";

function read(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

/** Code and status of every row of the tables in a file. */
function tableOf(file: string): Map<string, number> {
  const rows = read(file).matchAll(/^ {2}(\w+): \{\s*status: (\d{3})\b/gm);
  return new Map([...rows].map(([, code, status]) => [code as string, Number(status)]));
}

/** The errors that a client knows: code on the wire and, where the model tells it, HTTP status. */
function modelledErrors(client: Readonly<Record<string, unknown>>): Map<string, number | undefined> {
  const errors = new Map<string, number | undefined>();
  for (const schema of Object.values(client)) {
    if (!Array.isArray(schema) || schema[0] !== -3) continue;
    const [, , name, traits] = schema as [number, string, string, unknown];
    const { awsQueryError, httpError } = (typeof traits === "object" ? traits : {}) as {
      awsQueryError?: [string, number];
      httpError?: number;
    };
    errors.set(awsQueryError?.[0] ?? name, awsQueryError?.[1] ?? httpError);
  }
  return errors;
}

test("every service is a listed room with its door, its operations and its errors", () => {
  const folders = globSync("src/services/*/", { cwd: root }).map((folder) => folder.replace(/\/$/, ""));
  assert.ok(folders.length >= 5, `only ${folders.length} services were found`);
  for (const folder of folders) {
    assert.ok(
      ROOMS.some((room) => room.folder === folder),
      `${folder} is not in the list of this test`,
    );
    for (const part of ["index.ts", "operations/index.ts", "errors.ts"])
      assert.ok(existsSync(path.join(root, folder, part)), `${folder}/${part}`);
  }
});

test("errors are made in the tables and in the wire alone", () => {
  const files = globSync("src/**/*.ts", { cwd: root });
  assert.ok(files.length > 100, `only ${files.length} files were found`);
  const elsewhere = files
    .filter((file) => !/^src\/(base|wire)\/|\/errors\.ts$/.test(file) && file !== REVIVES_ERRORS)
    .filter((file) => /\bnew ServiceError\(|\berrorTable\(/.test(read(file)));
  assert.deepEqual(elsewhere, []);
});

for (const { folder, client, unmodelled = [] } of ROOMS) {
  test(`the errors of ${folder} are AWS's, with AWS's status, and all of them are used`, () => {
    const table = tableOf(`${folder}/errors.ts`);
    assert.ok(table.size > 1, "the table was read");
    const modelled = modelledErrors(client);
    assert.ok(modelled.size > 3, "the model was read");
    const problems: string[] = [];
    for (const [code, status] of table) {
      const wanted = modelled.get(code);
      if (!modelled.has(code) && !unmodelled.includes(code))
        problems.push(`${code} is none of the service's`);
      if (wanted !== undefined && wanted !== status)
        problems.push(`${code} has status ${wanted}, not ${status}`);
    }
    for (const code of unmodelled) {
      if (!table.has(code)) problems.push(`${code} is listed here and not in the table`);
    }
    const sources = globSync(`${folder}/**/*.ts`, { cwd: root }).map(read).join("\n");
    for (const code of table.keys()) {
      if (!sources.includes(`"${code}"`)) problems.push(`${code} is used nowhere`);
    }
    assert.deepEqual(problems, []);
  });

  test(`the operations of ${folder} are in the one list and named as in the model`, async () => {
    const files = globSync(`${folder}/operations/**/*.ts`, { cwd: root }).filter(
      (file) => path.basename(file) !== "index.ts",
    );
    const names = files.map((file) => path.basename(file, ".ts"));
    assert.ok(names.length > 0, "operations were found");
    const unknown = names.filter((name) => !(`${name}Command` in client));
    assert.deepEqual(unknown, []);
    const lists = globSync(`${folder}/{operations/index,functions,invoker,control-plane,index,service}.ts`, {
      cwd: root,
    }).map(read);
    for (const [index, name] of names.entries()) {
      const importing = lists.filter((text) =>
        new RegExp(`from "\\./(operations/)?([a-z-]+/)?${name}\\.ts"`).test(text),
      );
      assert.equal(importing.length, 1, `${name} is listed in ${importing.length} places`);
      assert.match(
        read(files[index] ?? ""),
        new RegExp(`export (async )?function ${name}\\b|export const ${name}\\b`),
      );
    }
  });
}
