import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { runUntilKilled } from "../../../testkit/crashing-program.ts";
import { effort } from "../../../testkit/effort.ts";
import { eventually } from "../../../testkit/eventually.ts";
import { S3World } from "../../../testkit/s3-world.ts";
import { seedOfRun } from "../../../testkit/seeded-randomness.ts";
import { type Change, digestOf } from "./crash-log.ts";

const RUNS = effort(3);
const LEAST_ACKNOWLEDGED = 150;
const WRITER = new URL("./crash-writer.ts", import.meta.url);

interface Story {
  /** By key, in order: what was acknowledged. */
  readonly done: Map<string, Change>;
  /** By key: what had begun when the kill came; it may have taken effect or not. */
  readonly begun: Map<string, Change>;
  readonly acknowledged: Change[];
  readonly delivered: Set<string>;
}

describe("S3 after a kill", () => {
  const seed = seedOfRun();
  let directory: string | undefined;
  after(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  /** Lets a writer run until enough is acknowledged, then kills it in the middle of whatever it does. */
  async function runAndKill(folder: string, run: number, story: Story): Promise<void> {
    const isDone = (line: string) => line.includes('"kind":"done"');
    const least = LEAST_ACKNOWLEDGED + run * 17;
    const lines = await runUntilKilled(
      WRITER,
      [folder, String(seed + run * 100), String(run)],
      (told) => told.length >= least && told.filter(isDone).length >= least,
    );
    for (const line of lines) {
      const entry = JSON.parse(line);
      if (entry.kind === "delivered") story.delivered.add(entry.requestId);
      else if (entry.kind === "begun") story.begun.set(entry.change.key, entry.change);
      else {
        story.done.set(entry.change.key, entry.change);
        story.begun.delete(entry.change.key);
        story.acknowledged.push(entry.change);
      }
    }
  }

  it(`has everything that was acknowledged, and nothing half-written (seed ${seed})`, async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lambkin-s3-crash-"));
    const story: Story = { done: new Map(), begun: new Map(), acknowledged: [], delivered: new Set() };
    for (let run = 0; run < RUNS; run++) await runAndKill(directory, run, story);

    const s3 = await S3World.open({ directory });
    try {
      const keys = new Set([...story.done.keys(), ...story.begun.keys()]);
      let bodies = 0;
      for (const key of keys) {
        const got = await s3.get("crash", key).catch((error: { code: string }) => {
          assert.equal(error.code, "NoSuchKey");
          return undefined;
        });
        const content: Buffer | undefined = got?.Body;
        if (content !== undefined && content.length > 0) bodies++;
        const found = content === undefined ? undefined : createHash("md5").update(content).digest("hex");
        const possible = [story.done.get(key), story.begun.get(key)]
          .filter((change, index) => index === 0 || change !== undefined)
          .map((change) =>
            change === undefined || change.action === "delete" ? undefined : digestOf(change),
          );
        assert.ok(possible.includes(found), `${key} is ${found}, not one of ${possible.join()}`);
      }
      const listed = await s3.call("ListObjectsV2", { Bucket: "crash" });
      assert.ok((listed.Contents?.length ?? 0) <= keys.size);

      const told = () =>
        new Set([
          ...story.delivered,
          ...s3.targets.messages.map(({ Records }) => Records[0].responseElements["x-amz-request-id"]),
        ]);
      const untold = () => story.acknowledged.filter(({ requestId }) => !told().has(requestId));
      await eventually(() => untold().length === 0 || undefined, {
        what: "the events of all that was acknowledged",
      });

      // What is left of uploads that the kill broke off: parts that were acknowledged to nobody but are in the metadata.
      const uploads = (await s3.call("ListMultipartUploads", { Bucket: "crash" })).Uploads;
      for (const { Key, UploadId } of uploads)
        await s3.call("AbortMultipartUpload", { Bucket: "crash", Key, UploadId });
      await eventually(async () => (await s3.bodyFiles()).length === bodies || undefined, {
        what: "removal of bodies that belong to nothing",
      });
    } finally {
      await s3.close();
    }
  });
});
