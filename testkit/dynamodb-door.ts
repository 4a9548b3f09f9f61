import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { type Log, silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { createCredentials, createDoor } from "../src/wire/index.ts";
import { openTestDynamoDb } from "./dynamodb.ts";

const DEADLINE_MS = 5_000;
const DOOR_ACCOUNT = "000000000000";

export interface DynamoDbDoor {
  readonly endpoint: string;
  client(more?: DynamoDBClientConfig): DynamoDBClient;
  close(): Promise<void>;
}

/** DynamoDB behind the real door on a free port, for unmodified clients. */
export async function openDynamoDbDoor(log: Log = silentLog): Promise<DynamoDbDoor> {
  const dynamodb = await openTestDynamoDb(undefined, log);
  const common = { clock: systemClock, randomness: systemRandomness, defaultAccount: DOOR_ACCOUNT };
  const door = createDoor({
    ...common,
    services: (name) => (name === "dynamodb" ? Promise.resolve(dynamodb.service) : undefined),
    credentials: createCredentials({
      ...common,
      masterKey: Buffer.alloc(32, 1),
      accessKeys: { find: async () => undefined },
      secure: false,
    }),
    routes: [],
    defaultRegion: "us-east-1",
    hostNames: [],
    log: silentLog,
  });
  const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${port}`;
  const clients: DynamoDBClient[] = [];
  return {
    endpoint,
    client(more = {}) {
      const client = new DynamoDBClient({
        endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
        maxAttempts: 1,
        ...more,
      });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      await door.close(DEADLINE_MS);
      await dynamodb.close();
    },
  };
}
