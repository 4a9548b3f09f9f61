import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Log, silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { createDynamoDb } from "../src/services/dynamodb/index.ts";
import type { RequestContext, Service } from "../src/wire/index.ts";

export interface TestDynamoDb {
  /** Calls an operation as the door would, with the input in its wire form. */
  call(operation: string, input: object, caller?: Partial<RequestContext>): Promise<any>;
  readonly service: Service;
  readonly directory: string;
  close(): Promise<void>;
}

const ACCOUNT = "000000000000";

/** The DynamoDB service without a door, in a directory that is removed unless the caller brought it. */
export async function openTestDynamoDb(directory?: string, log: Log = silentLog): Promise<TestDynamoDb> {
  const where = directory ?? (await mkdtemp(path.join(tmpdir(), "lambkin-dynamodb-")));
  const dynamodb = await createDynamoDb({
    directory: where,
    clock: systemClock,
    randomness: systemRandomness,
    log,
  });
  return {
    service: dynamodb.service,
    directory: where,
    async call(operation, input, caller) {
      const run = dynamodb.service.operations[operation];
      if (run === undefined) throw new Error(`no operation ${operation}`);
      // As JSON from the wire would be: own properties only, undefined left out.
      return await run(JSON.parse(JSON.stringify(input)), { ...context(operation), ...caller });
    },
    async close() {
      await dynamodb.close();
      if (directory === undefined) await rm(where, { recursive: true, force: true });
    },
  };
}

function context(operation: string): RequestContext {
  return {
    requestId: "5f0c1a52-7d37-4a3a-8c0e-1f6f1a0d2b3c",
    extendedRequestId: "",
    service: "dynamodb",
    operation,
    account: ACCOUNT,
    region: "us-east-1",
    identity: {
      kind: "root",
      account: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      userId: ACCOUNT,
      accessKeyId: "test",
    },
    headers: {},
    sourceIp: "127.0.0.1",
    endpoint: "http://127.0.0.1:4566",
    signal: new AbortController().signal,
    setHeader: () => undefined,
  };
}
