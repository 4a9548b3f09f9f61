import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { IAMClient } from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import {
  type Clock,
  type Log,
  type LogSink,
  silentLog,
  systemClock,
  systemRandomness,
} from "../src/base/index.ts";
import { createIam } from "../src/services/iam/index.ts";
import { createLogs } from "../src/services/logs/index.ts";
import { createSts } from "../src/services/sts/index.ts";
import { openSqliteStorage } from "../src/storage/index.ts";
import { createCredentials, createDoor } from "../src/wire/index.ts";

const DEADLINE_MS = 5_000;
/** The account of clients that sign with the key `test`. */
export const DOOR_ACCOUNT = "000000000000";

export interface AccountDoorOptions {
  /** Kept if the caller brings it. */
  readonly directory?: string;
  /** The services' clock and that of the credentials; the door's own is the machine's, as the clients' is. */
  readonly clock?: Clock;
  readonly log?: Log;
  /** Roles have to exist and to trust whoever assumes them, and keys to be issued. */
  readonly secure?: boolean;
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Any access key that a friendly door takes at its word. */
export function friendlyKey(accessKeyId: string): AccessKey {
  return { accessKeyId, secretAccessKey: "unchecked" };
}

/** CloudWatch Logs, IAM and STS behind the real door, for unmodified clients. */
export class AccountDoor implements AsyncDisposable {
  readonly endpoint: string;
  readonly directory: string;
  readonly logSink: LogSink;
  /** Root's key of a secure door, the key `test` of a friendly one. */
  readonly rootKey: AccessKey;
  readonly #close: () => Promise<void>;
  readonly #clients: { destroy(): void }[] = [];

  private constructor(
    parts: Pick<AccountDoor, "endpoint" | "directory" | "logSink" | "rootKey">,
    close: () => Promise<void>,
  ) {
    this.endpoint = parts.endpoint;
    this.directory = parts.directory;
    this.logSink = parts.logSink;
    this.rootKey = parts.rootKey;
    this.#close = close;
  }

  static async open(options: AccountDoorOptions = {}): Promise<AccountDoor> {
    const directory = options.directory ?? (await mkdtemp(path.join(tmpdir(), "lambkin-account-")));
    const { clock = systemClock, log = silentLog, secure = false } = options;
    const shared = { clock, randomness: systemRandomness };
    const storage = await openSqliteStorage({ directory, ...shared, log });
    const logs = createLogs({ directory, clock, log });
    const iam = createIam({ state: storage.state, ...shared, log });
    const rootKey = secure ? ROOT_KEY : friendlyKey("test");
    const accessKeys = {
      find: async (id: string) => (secure && id === ROOT_KEY.accessKeyId ? ROOT : iam.accessKeys.find(id)),
    };
    const credentials = createCredentials({
      ...shared,
      masterKey: Buffer.alloc(32, 1),
      accessKeys,
      secure,
      defaultAccount: DOOR_ACCOUNT,
    });
    const sts = createSts({
      roles: iam.roles,
      accessKeys,
      issuer: credentials,
      clock,
      requireRoles: secure,
      log,
    });
    const services = { logs: logs.service, iam: iam.service, sts };
    const door = createDoor({
      services: (name) => (name in services ? Promise.resolve(services[name as "logs"]) : undefined),
      credentials,
      routes: [],
      defaultRegion: "us-east-1",
      defaultAccount: DOOR_ACCOUNT,
      hostNames: [],
      clock: systemClock,
      randomness: systemRandomness,
      log,
    });
    const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
    return new AccountDoor(
      { endpoint: `http://127.0.0.1:${port}`, directory, logSink: logs.sink, rootKey },
      async () => {
        await door.close(DEADLINE_MS);
        await logs.close();
        iam.close();
        await storage.close();
        if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
      },
    );
  }

  logs(credentials = this.rootKey, region = "us-east-1"): CloudWatchLogsClient {
    return this.#keep(new CloudWatchLogsClient({ ...this.#settings(credentials), region }));
  }

  iam(credentials = this.rootKey): IAMClient {
    return this.#keep(new IAMClient(this.#settings(credentials)));
  }

  sts(credentials = this.rootKey): STSClient {
    return this.#keep(new STSClient(this.#settings(credentials)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.#close();
  }

  #settings(credentials: AccessKey) {
    return { endpoint: this.endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  }

  #keep<Client extends { destroy(): void }>(client: Client): Client {
    this.#clients.push(client);
    return client;
  }
}

const ROOT_KEY = { accessKeyId: "AKIAAAAAAAAAAAAAAAAA", secretAccessKey: "the secret of the test's root" };
const ROOT = {
  secretAccessKey: ROOT_KEY.secretAccessKey,
  identity: {
    kind: "root",
    account: DOOR_ACCOUNT,
    arn: `arn:aws:iam::${DOOR_ACCOUNT}:root`,
    userId: DOOR_ACCOUNT,
    accessKeyId: ROOT_KEY.accessKeyId,
  },
} as const;
