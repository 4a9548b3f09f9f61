import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { type InvocationDestination, type InvocationMessage, parseArn, s3Limits } from "../../base/index.ts";
import { DEFAULT_ALGORITHM } from "./bodies/body-digest.ts";
import type { RequestFacts } from "./model.ts";
import type { S3 } from "./s3.ts";
import { keepBody, receiveBody } from "./writing.ts";

/**
 * Buckets as destinations of asynchronous invocations: each record becomes an object, which the function's role writes.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function createInvocationRecords(s3: S3): InvocationDestination {
  return {
    async send(message) {
      const [, account = "", name = ""] =
        /^[^:]*:[^:]*:[^:]*:[^:]*:(\d*):function:([^:]+)/.exec(message.functionArn) ?? [];
      const access = { bucket: parseArn(message.targetArn)?.resource ?? "", account };
      await s3.store.read("readBucket", access);
      const source = Readable.from([Buffer.from(message.body, "utf8")]);
      const body = await receiveBody(s3, { Body: source }, [DEFAULT_ALGORITHM], s3Limits.putObjectBytes);
      const checksum = {
        algorithm: DEFAULT_ALGORITHM,
        type: "FULL_OBJECT",
        value: body.checksums[DEFAULT_ALGORITHM] ?? "",
      } as const;
      const { dropped } = await keepBody(s3, body, () =>
        s3.store.write("putObject", {
          access,
          key: recordKey(name, message),
          content: { size: body.size, etag: body.md5, segments: body.segments, checksum },
          attributes: {
            headers: { contentType: "application/json" },
            metadata: {},
            tags: [],
            storageClass: "STANDARD",
          },
          condition: {},
          event: "ObjectCreated:Put",
          request: factsOf(s3, name, message),
        }),
      );
      s3.bodies.remove(dropped);
    },
  };
}

/** `aws/lambda/async/<function>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>`; the same for a record that is sent again. */
function recordKey(functionName: string, message: InvocationMessage): string {
  const [date = "", time = ""] = new Date(message.timeMs).toISOString().split(/[T.]/);
  const id = uuidOf(message.id);
  return `aws/lambda/async/${functionName}/${date.replaceAll("-", "/")}/${date}T${time.replaceAll(":", ".")}-${id}`;
}

/** A UUID of version 8 (RFC 9562) that says no more than that two texts differ. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString("hex").replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

function factsOf(s3: S3, functionName: string, message: InvocationMessage): RequestFacts {
  const requestId = s3.randomness.uuid();
  return {
    requestId,
    extendedRequestId: Buffer.from(s3.randomness.bytes(57)).toString("base64"),
    principalId: `AWS:${(message.roleArn ?? "").split("/").at(-1)}:${functionName}`,
    sourceIp: "lambda.amazonaws.com",
    timeMs: s3.clock.now(),
    uniqueId: requestId,
    traceId: message.traceId,
  };
}
