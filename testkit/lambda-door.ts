import { LambdaClient, type LambdaClientConfig } from "@aws-sdk/client-lambda";
import { type Log, silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { CodeLinks } from "../src/server/code-links.ts";
import { createCredentials, createDoor } from "../src/wire/index.ts";
import { FunctionsWorld, type WorldOptions } from "./functions-world.ts";

const DEADLINE_MS = 5_000;
const MASTER_KEY = Buffer.alloc(32, 1);

/** The account of clients that sign with the key `test`. */
export const LAMBDA_ACCOUNT = "000000000000";
export const LAMBDA_REGION = "us-east-1";

/**
 * The control plane of Lambda behind the real door, for unmodified clients; or, if `LAMBKIN_ENDPOINT` is set, whatever
 * answers there.
 */
export class LambdaDoor {
  readonly endpoint: string;
  readonly #close: () => Promise<void>;
  readonly #clients: LambdaClient[] = [];

  private constructor(endpoint: string, close: () => Promise<void>) {
    this.endpoint = endpoint;
    this.#close = close;
  }

  static async open(options: WorldOptions & { readonly log?: Log } = {}): Promise<LambdaDoor> {
    const elsewhere = process.env["LAMBKIN_ENDPOINT"];
    if (elsewhere !== undefined && elsewhere !== "") return new LambdaDoor(elsewhere, async () => undefined);
    let links: CodeLinks | undefined;
    const world = await FunctionsWorld.open({
      ...options,
      codeLocation: (code) => links?.locate(code) ?? "",
    });
    // The world's clock stands still, so a link is good as long as the test runs.
    links = new CodeLinks({ masterKey: MASTER_KEY, blobs: world.blobs, clock: world.clock });
    const door = createDoor({
      services: (name) =>
        name === "lambda" ? Promise.resolve({ name, operations: world.functions.operations }) : undefined,
      credentials: createCredentials({
        masterKey: MASTER_KEY,
        accessKeys: { find: async () => undefined },
        secure: false,
        defaultAccount: LAMBDA_ACCOUNT,
        clock: systemClock,
        randomness: systemRandomness,
      }),
      routes: [links.route()],
      defaultRegion: LAMBDA_REGION,
      defaultAccount: LAMBDA_ACCOUNT,
      hostNames: [],
      clock: systemClock,
      randomness: systemRandomness,
      log: options.log ?? silentLog,
    });
    const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
    return new LambdaDoor(`http://127.0.0.1:${port}`, async () => {
      await door.close(DEADLINE_MS);
      await world.close();
    });
  }

  client(more: LambdaClientConfig = {}): LambdaClient {
    const client = new LambdaClient({
      endpoint: this.endpoint,
      region: LAMBDA_REGION,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts: 1,
      ...more,
    });
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.#close();
  }
}
