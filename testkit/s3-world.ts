import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type EventTargets, type Log, silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { createS3, type S3Service } from "../src/services/s3/index.ts";
import type { RequestContext } from "../src/wire/index.ts";

export const ACCOUNT = "111122223333";
export const REGION = "us-east-1";
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`;

/** Takes everything that it is sent, and keeps it. `checks` decides what `check` answers by ARN; else it is `ok`. */
export class RecordingTargets implements EventTargets {
  readonly delivered: Parameters<EventTargets["deliver"]>[0][] = [];
  readonly checks = new Map<string, Awaited<ReturnType<EventTargets["check"]>>>();
  readonly asked: Parameters<EventTargets["check"]>[] = [];
  /** While set, deliveries fail. */
  refusing = false;

  async check(...parameters: Parameters<EventTargets["check"]>) {
    this.asked.push(parameters);
    return this.checks.get(parameters[0]) ?? "ok";
  }

  async deliver(event: Parameters<EventTargets["deliver"]>[0]): Promise<void> {
    if (this.refusing) throw new Error("not now");
    this.delivered.push(event);
  }

  /** The messages delivered so far, parsed. */
  get messages(): any[] {
    return this.delivered.map((event) => JSON.parse(Buffer.from(event.payload).toString("utf8")));
  }
}

/** S3 on a folder of its own, called at its handlers, without HTTP. */
export class S3World {
  readonly directory: string;
  readonly targets: RecordingTargets;
  #s3: S3Service;
  readonly #log: Log;

  private constructor(directory: string, targets: RecordingTargets, s3: S3Service, log: Log) {
    this.directory = directory;
    this.targets = targets;
    this.#s3 = s3;
    this.#log = log;
  }

  /** In a folder of its own, or in one that an earlier world left. */
  static async open(
    options: { readonly directory?: string; readonly targets?: RecordingTargets; readonly log?: Log } = {},
  ): Promise<S3World> {
    const directory = options.directory ?? (await mkdtemp(path.join(tmpdir(), "lambkin-s3-")));
    const targets = options.targets ?? new RecordingTargets();
    const log = options.log ?? silentLog;
    return new S3World(directory, targets, await start(directory, targets, log), log);
  }

  get service(): S3Service["service"] {
    return this.#s3.service;
  }

  get reader(): S3Service["reader"] {
    return this.#s3.reader;
  }

  async call(operation: string, input: object = {}, context: Partial<RequestContext> = {}): Promise<any> {
    const handler = this.#s3.service.operations[operation];
    if (handler === undefined) throw new Error(`S3 has no operation ${operation}`);
    return await handler(input, s3Context(operation, context));
  }

  async put(bucket: string, key: string, content: string | Uint8Array, more: object = {}): Promise<any> {
    return await this.call("PutObject", { Bucket: bucket, Key: key, Body: body(content), ...more });
  }

  async get(bucket: string, key: string, more: object = {}): Promise<any> {
    const output = await this.call("GetObject", { Bucket: bucket, Key: key, ...more });
    return { ...output, Body: await buffer(output.Body) };
  }

  async reopen(): Promise<void> {
    await this.#s3.close();
    this.#s3 = await start(this.directory, this.targets, this.#log);
  }

  /** Names of the body files on disk, those being received among them. */
  async bodyFiles(): Promise<string[]> {
    const entries = await readdir(path.join(this.directory, "objects"), {
      recursive: true,
      withFileTypes: true,
    });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  async close(): Promise<void> {
    await this.#s3.close();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function start(directory: string, targets: EventTargets, log: Log): Promise<S3Service> {
  return await createS3({ directory, targets, clock: systemClock, randomness: systemRandomness, log });
}

export function body(content: string | Uint8Array): Readable {
  return Readable.from([Buffer.from(content)], { objectMode: false });
}

export function s3Context(operation: string, more: Partial<RequestContext> = {}): RequestContext {
  const account = more.account ?? ACCOUNT;
  return {
    requestId: systemRandomness.uuid(),
    extendedRequestId: "eftixk72aD6Ap51TnqcoF8eFidJG9Z/2mkiDFu8yU9AS1ed4OpIszj7UDNEHGran",
    service: "s3",
    operation,
    account,
    region: REGION,
    identity: {
      kind: "user",
      account,
      arn: `arn:aws:iam::${account}:user/anna`,
      userId: "AIDAANNA",
      accessKeyId: "AKIAANNA",
    },
    headers: {},
    sourceIp: "127.0.0.1",
    endpoint: "http://127.0.0.1:4566",
    signal: new AbortController().signal,
    setHeader: () => undefined,
    ...more,
  };
}
