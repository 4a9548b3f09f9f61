import {
  type CallerIdentity,
  type Clock,
  createLog,
  systemClock,
  systemRandomness,
} from "../../../src/base/index.ts";
import {
  type Credentials,
  createCredentials,
  createDoor,
  type Door,
  type DoorOptions,
  type Operation,
  type RequestContext,
  type ServiceName,
} from "../../../src/wire/index.ts";

export interface Seen {
  readonly input: Record<string, unknown>;
  readonly context: RequestContext;
}

export interface EchoDoor {
  readonly door: Door;
  readonly endpoint: string;
  readonly port: number;
  readonly credentials: Credentials;
  /** What the last handler was given. */
  last(): Seen;
  /** What the door logged as errors so far. */
  readonly errors: readonly string[];
  /** Sets what the operation answers with. */
  answer(operation: string, handler: Operation<any, any>): void;
  close(): Promise<void>;
}

export const ISSUED = {
  accessKeyId: "AKIAISSUEDISSUEDISSU",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  identity: {
    kind: "user",
    account: "111122223333",
    arn: "arn:aws:iam::111122223333:user/ann",
    userId: "AIDAEXAMPLE",
    accessKeyId: "AKIAISSUEDISSUEDISSU",
  } satisfies CallerIdentity,
};

/** A door whose services keep what they are given and answer with what the test says. */
export async function openEchoDoor(
  overrides: Partial<DoorOptions> & { readonly secure?: boolean; readonly clock?: Clock } = {},
): Promise<EchoDoor> {
  const answers = new Map<string, Operation<any, any>>();
  let seen: Seen | undefined;
  const errors: string[] = [];
  const operations = new Proxy({} as Record<string, Operation<any, any>>, {
    get: (_, name: string) => {
      const handler = answers.get(name);
      if (handler === undefined) return undefined;
      return (input: Record<string, unknown>, context: RequestContext) => {
        seen = { input, context };
        return handler(input, context) as unknown;
      };
    },
  });
  const clock = overrides.clock ?? systemClock;
  const credentials = createCredentials({
    masterKey: Buffer.alloc(32, 7),
    accessKeys: {
      find: async (accessKeyId) => (accessKeyId === ISSUED.accessKeyId ? ISSUED : undefined),
    },
    secure: overrides.secure ?? false,
    defaultAccount: "000000000000",
    clock,
    randomness: systemRandomness,
  });
  const door = createDoor({
    services: (name: ServiceName) =>
      Promise.resolve({ name, operations, ...(name === "dynamodb" ? { bodies: "plain" as const } : {}) }),
    credentials,
    routes: [],
    defaultRegion: "us-east-1",
    defaultAccount: "000000000000",
    hostNames: [],
    clock,
    randomness: systemRandomness,
    log: createLog({ level: "error", format: "text", write: (line) => errors.push(line) }),
    ...overrides,
  });
  const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
  return {
    door,
    errors,
    credentials,
    port,
    endpoint: `http://127.0.0.1:${port}`,
    last: () => {
      if (seen === undefined) throw new Error("no handler was called");
      return seen;
    },
    answer: (operation, handler) => void answers.set(operation, handler),
    close: () => door.close(0),
  };
}
