import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { aws, clientEnvironment, clientProgram } from "../../../testkit/aws-clients.ts";
import { run } from "../../../testkit/lambkin-server.ts";
import { DOOR_ACCOUNT, S3Door } from "../../../testkit/s3-door.ts";

describe("S3 through the Python clients", () => {
  let door: S3Door;
  let folder: string;

  before(async () => {
    door = await S3Door.open();
    folder = await mkdtemp(path.join(tmpdir(), "lambkin-s3-cli-"));
  });
  after(async () => {
    await door.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("serves boto3: clients, transfers, paginators, waiters and resources", async () => {
    const { code, stdout, stderr } = await run(
      clientProgram("python"),
      [path.join(import.meta.dirname, "boto3_client.py")],
      { env: clientEnvironment(door.endpoint) },
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      listed: true,
      read: true,
      paged: 10,
      big: [11_000_000, "-3"],
      copied: true,
      attributes: [11_000_000, 3],
      errors: [
        ["NoSuchKey", 404],
        ["404", 404],
        ["NoSuchBucket", 404],
        ["BucketNotEmpty", 409],
        ["NoSuchBucketPolicy", 404],
      ],
      files: true,
      left: 0,
    });
  });

  it("serves the AWS CLI: mb, sync, cp, mv, ls, s3api and rb", async () => {
    const s3 = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(clientProgram("aws"), ["s3", ...args], {
        env: clientEnvironment(door.endpoint),
      });
      assert.equal(code, 0, `aws s3 ${args.join(" ")}: ${stderr}`);
      return stdout;
    };
    const source = path.join(folder, "source");
    await mkdir(path.join(source, "sub"), { recursive: true });
    const files: Record<string, Buffer> = {
      "big.bin": randomBytes(9_000_000),
      "a b+c~(1).txt": Buffer.from("odd"),
      "sub/ü.txt": Buffer.from("deep"),
    };
    // S3's times are whole seconds: what is put in the second it was written in is older there than here.
    const yesterday = new Date(Date.now() - 86_400_000);
    for (const [name, content] of Object.entries(files)) {
      await writeFile(path.join(source, name), content);
      await utimes(path.join(source, name), yesterday, yesterday);
    }
    await aws(door.endpoint, "s3api", "create-bucket", "--bucket", "cli");
    await s3("sync", source, "s3://cli/dir");
    assert.equal((await s3("sync", source, "s3://cli/dir")).trim(), "");
    await s3("sync", "s3://cli/dir", path.join(folder, "back"));
    for (const [name, content] of Object.entries(files))
      assert.ok((await readFile(path.join(folder, "back", name))).equals(content), name);
    await s3("mv", "s3://cli/dir/big.bin", "s3://cli/moved.bin");
    await s3("cp", "s3://cli/moved.bin", path.join(folder, "moved"));
    assert.ok((await readFile(path.join(folder, "moved"))).equals(files["big.bin"] as Buffer));
    const notification = {
      LambdaFunctionConfigurations: [
        {
          Id: "mine",
          LambdaFunctionArn: `arn:aws:lambda:us-east-1:${DOOR_ACCOUNT}:function:f`,
          Events: ["s3:ObjectRemoved:*"],
          Filter: { Key: { FilterRules: [{ Name: "Suffix", Value: ".txt" }] } },
        },
      ],
    };
    await aws(
      door.endpoint,
      "s3api",
      "put-bucket-notification-configuration",
      "--bucket",
      "cli",
      "--notification-configuration",
      JSON.stringify(notification),
    );
    assert.deepEqual(
      await aws(door.endpoint, "s3api", "get-bucket-notification-configuration", "--bucket", "cli"),
      notification,
    );
    const removed = await s3("rb", "s3://cli", "--force");
    assert.match(removed, /remove_bucket: cli/);
  });
});
