import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { type Log, silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { createCredentials, createDoor } from "../src/wire/index.ts";
import { S3World } from "./s3-world.ts";

const DEADLINE_MS = 5_000;

/** The account of clients that sign with the key `test`. */
export const DOOR_ACCOUNT = "000000000000";

/** S3 behind the real door on a free port, for unmodified clients. */
export class S3Door {
  readonly world: S3World;
  readonly endpoint: string;
  readonly port: number;
  readonly #close: () => Promise<void>;
  readonly #clients: S3Client[] = [];

  private constructor(world: S3World, port: number, close: () => Promise<void>) {
    this.world = world;
    this.port = port;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#close = close;
  }

  static async open(log: Log = silentLog): Promise<S3Door> {
    const world = await S3World.open({ log });
    const door = createDoor({
      services: (name) => (name === "s3" ? Promise.resolve(world.service) : undefined),
      credentials: createCredentials({
        masterKey: Buffer.alloc(32, 1),
        accessKeys: { find: async () => undefined },
        secure: false,
        defaultAccount: DOOR_ACCOUNT,
        clock: systemClock,
        randomness: systemRandomness,
      }),
      routes: [],
      defaultRegion: "us-east-1",
      defaultAccount: DOOR_ACCOUNT,
      hostNames: [],
      clock: systemClock,
      randomness: systemRandomness,
      log,
    });
    const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
    return new S3Door(world, port, () => door.close(DEADLINE_MS));
  }

  /** Path-style addressing unless told otherwise. */
  client(more: S3ClientConfig = {}): S3Client {
    const client = new S3Client({
      endpoint: this.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      forcePathStyle: true,
      maxAttempts: 1,
      ...more,
    });
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.#close();
    await this.world.close();
  }
}
