// Writes, overwrites and deletes objects until it is killed. Each operation is told on standard output when it begins
// and when it has been acknowledged, each delivered event when its delivery has been.
import { acknowledge } from "../../../testkit/acknowledge.ts";
import { FUNCTION_ARN, RecordingTargets, S3World, s3Context } from "../../../testkit/s3-world.ts";
import { seededRandomness } from "../../../testkit/seeded-randomness.ts";
import { type Change, contentOf } from "./crash-log.ts";

const WRITERS = 6;
const KEYS_PER_WRITER = 5;

const [directory, seed, run] = process.argv.slice(2);
if (directory === undefined || seed === undefined || run === undefined)
  throw new Error("usage: crash-writer.ts DIRECTORY SEED RUN");

function tell(entry: object): void {
  acknowledge(JSON.stringify(entry));
}

class TellingTargets extends RecordingTargets {
  override async deliver(event: Parameters<RecordingTargets["deliver"]>[0]): Promise<void> {
    const { Records } = JSON.parse(Buffer.from(event.payload).toString("utf8"));
    tell({ kind: "delivered", requestId: Records[0].responseElements["x-amz-request-id"] });
  }
}

const Bucket = "crash";
const s3 = await S3World.open({ directory, targets: new TellingTargets() });
await s3.call("CreateBucket", { Bucket });
await s3.call("PutBucketNotificationConfiguration", {
  Bucket,
  NotificationConfiguration: {
    LambdaFunctionConfigurations: [
      { LambdaFunctionArn: FUNCTION_ARN, Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] },
    ],
  },
});

async function carryOut(change: Change): Promise<void> {
  const { key: Key, requestId } = change;
  const call = (operation: string, input: object) =>
    s3.call(operation, { Bucket, Key, ...input }, s3Context(operation, { requestId }));
  if (change.action === "delete") await call("DeleteObject", {});
  else if (change.action === "put") await call("PutObject", { Body: contentOf(change) });
  else {
    const { UploadId } = await call("CreateMultipartUpload", {});
    const { ETag } = await call("UploadPart", { UploadId, PartNumber: 1, Body: contentOf(change) });
    await call("CompleteMultipartUpload", {
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    });
  }
}

async function write(writer: number): Promise<void> {
  const random = seededRandomness(Number(seed) + writer);
  const existing = new Set<string>();
  for (let count = 0; ; count++) {
    const key = `${run}/${writer}/${random.below(KEYS_PER_WRITER)}`;
    const deletion = existing.has(key) && random.chance(0.2);
    const change: Change = {
      key,
      action: deletion ? "delete" : random.chance(0.2) ? "multipart" : "put",
      requestId: `${run}-${writer}-${count}`,
      size: random.chance(0.1) ? 0 : random.below(random.chance(0.2) ? 400_000 : 4_000),
    };
    if (deletion) existing.delete(key);
    else existing.add(key);
    tell({ kind: "begun", change });
    await carryOut(change);
    tell({ kind: "done", change });
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
