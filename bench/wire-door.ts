import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { createCredentials, createDoor, signRequest } from "../src/wire/index.ts";
import type { Bench } from "./figure.ts";

const PATH = "/2015-03-31/functions/my-function/invocations";
const BODY = Buffer.from('{"key1":"value1","key2":"value2","list":[1,2,3]}');
const ISSUED = { accessKeyId: "AKIAISSUEDISSUEDISSU", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" };
const ACCOUNT = "111122223333";

const TURNS = 6;
const CALLS = 2_000;

/** The wire layer alone, over HTTP: an Invoke that is answered where the function would be called. */
export const wireDoor: Bench = {
  name: "wire door",
  conditions:
    "CPU time of a call, with its client in the same process, one kept connection; the bare server echoes, too",
  async run() {
    const bare = createServer((message, response) => {
      const parts: Buffer[] = [];
      message.on("data", (part: Buffer) => parts.push(part));
      message.on("end", () => {
        response.writeHead(200, { "content-type": "application/json", "content-length": BODY.length });
        response.end(Buffer.concat(parts));
      });
    }).listen(0, "127.0.0.1");
    await once(bare, "listening");
    const barePort = (bare.address() as AddressInfo).port;
    const door = echoingDoor();
    const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
    const callers = [
      new Caller(barePort, "test"),
      new Caller(port, "test"),
      new Caller(port, ISSUED.accessKeyId),
    ] as const;
    try {
      for (const caller of callers) await caller.warmUp();
      for (let turn = 0; turn < TURNS; turn += 1) for (const caller of callers) await caller.measure();
      const [baseline, unchecked, verified] = callers.map((caller) => caller.micros);
      return [
        { name: "Invoke, signature not verified", value: unchecked },
        { name: "Invoke, signature verified", value: verified },
      ].map(({ name, value = Number.NaN }) => ({
        name,
        unit: "us" as const,
        value,
        baseline: { name: "bare node:http", value: baseline ?? Number.NaN },
      }));
    } finally {
      for (const caller of callers) caller.close();
      bare.close();
      await door.close(0);
    }
  },
};

class Caller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;
  readonly #headers: Readonly<Record<string, string>>;
  #usedMicros = 0;
  #calls = 0;

  constructor(port: number, accessKeyId: string) {
    this.#port = port;
    this.#headers = signRequest(
      { method: "POST", url: new URL(`http://127.0.0.1:${port}${PATH}`), body: BODY },
      { ...ISSUED, accessKeyId, region: "us-east-1", service: "lambda", now: Date.now() },
    );
  }

  /** Of a call. */
  get micros(): number {
    return this.#usedMicros / this.#calls;
  }

  async warmUp(): Promise<void> {
    for (let call = 0; call < CALLS; call += 1) await this.#call();
  }

  async measure(): Promise<void> {
    const before = process.cpuUsage();
    for (let call = 0; call < CALLS; call += 1) await this.#call();
    const { user, system } = process.cpuUsage(before);
    this.#usedMicros += user + system;
    this.#calls += CALLS;
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.#port, path: PATH, method: "POST", agent: this.#agent };
      request({ ...options, headers: this.#headers }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`it was answered with ${answer.statusCode}`));
        answer.resume().once("end", resolve);
      })
        .once("error", reject)
        .end(BODY);
    });
  }
}

/** Knows one issued key, takes others at their word, and answers an Invoke with its payload. */
function echoingDoor() {
  const identity = {
    kind: "user" as const,
    account: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/u`,
    userId: "u",
    accessKeyId: ISSUED.accessKeyId,
  };
  return createDoor({
    services: (name) =>
      Promise.resolve({
        name,
        operations: {
          Invoke: (input: { Payload: Uint8Array }) => ({ StatusCode: 200, Payload: input.Payload }),
        },
      }),
    credentials: createCredentials({
      masterKey: Buffer.alloc(32),
      accessKeys: {
        find: async (id) =>
          id === ISSUED.accessKeyId ? { secretAccessKey: ISSUED.secretAccessKey, identity } : undefined,
      },
      secure: false,
      defaultAccount: "000000000000",
      clock: systemClock,
      randomness: systemRandomness,
    }),
    routes: [],
    defaultRegion: "us-east-1",
    defaultAccount: "000000000000",
    hostNames: [],
    clock: systemClock,
    randomness: systemRandomness,
    log: silentLog,
  });
}
