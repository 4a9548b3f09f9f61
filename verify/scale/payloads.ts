import assert from "node:assert/strict";
import { InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { environmentLimits } from "../../src/base/index.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";
import { createFunctions } from "../../testkit/node-functions.ts";
import type { PartContext } from "../part.ts";

const MIB = 1_024 * 1_024;
const PAYLOAD_BYTES = 6 * MIB;
const AT_ONCE = 8;
const STREAMED_BYTES = environmentLimits.streamedResponseBytes;
const FREE_BYTES = 6 * MIB;
const BYTES_A_SECOND = 2 * MIB;

const ECHO = "exports.handler = async (event) => event;";
const STREAM = `
const { once } = require("node:events");
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const part = Buffer.alloc(65536, "x");
  for (let sent = 0; sent < event.bytes; sent += part.length)
    if (!stream.write(part)) await once(stream, "drain");
  stream.end();
});`;

/** The largest payloads both ways, several at once, and a stream of the largest length at its bandwidth. */
export async function payloads({ say }: Pick<PartContext, "say">): Promise<string> {
  await using server = await startLambkin();
  await createFunctions(server, ["echo"], ECHO, { MemorySize: 1_024, Timeout: 30 });
  await createFunctions(server, ["stream"], STREAM, { MemorySize: 1_024, Timeout: 300 });
  const lambda = new LambdaClient({ ...server.client, maxAttempts: 1 });

  // With its quotes as large as a payload may be.
  const Payload = JSON.stringify("y".repeat(PAYLOAD_BYTES - 2));
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const answer = await lambda.send(new InvokeCommand({ FunctionName: "echo", Payload }));
      assert.equal(
        answer.FunctionError,
        undefined,
        Buffer.from(answer.Payload ?? [])
          .toString()
          .slice(0, 200),
      );
      assert.equal(Buffer.from(answer.Payload ?? []).toString(), Payload);
    }),
  );
  say(`${AT_ONCE} payloads of 6 MB came back as they were sent`);

  const begun = performance.now();
  let bytes = 0;
  const { EventStream } = await lambda.send(
    new InvokeWithResponseStreamCommand({
      FunctionName: "stream",
      Payload: JSON.stringify({ bytes: STREAMED_BYTES }),
    }),
  );
  for await (const { PayloadChunk, InvokeComplete } of EventStream ?? []) {
    bytes += PayloadChunk?.Payload?.length ?? 0;
    assert.equal(InvokeComplete?.ErrorCode, undefined);
  }
  const seconds = (performance.now() - begun) / 1_000;
  assert.equal(bytes, STREAMED_BYTES);
  const least = (STREAMED_BYTES - FREE_BYTES) / BYTES_A_SECOND;
  assert.ok(seconds >= least * 0.98, `${bytes} bytes in ${seconds} s, not ${least}`);
  lambda.destroy();
  return `${AT_ONCE} payloads of 6 MB both ways at once; ${bytes / MIB} MB streamed in ${seconds.toFixed(0)} s, of which the bandwidth of a stream asks ${least.toFixed(0)}`;
}
