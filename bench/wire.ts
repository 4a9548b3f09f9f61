/**
 * What the wire layer costs. Run: node bench/wire.ts. Figures are per operation, on one core; read them as ratios.
 */
import { createHmac } from "node:crypto";
import { Agent, createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLog, systemClock, systemRandomness } from "../src/base/index.ts";
import { QueryParameters, type WireRequest } from "../src/wire/http/request.ts";
import { createCredentials, createDoor, signRequest } from "../src/wire/index.ts";
import { loadConstraints, loadModel, SERVICES } from "../src/wire/model/registry.ts";
import type { OperationModel } from "../src/wire/model/table.ts";
import { createRestJson } from "../src/wire/protocols/rest-json.ts";
import { createRpc } from "../src/wire/protocols/rpc.ts";
import { jsonRpcBodies } from "../src/wire/protocols/rpc-bodies.ts";
import { RestRouter } from "../src/wire/routing/rest-router.ts";
import { HmacKey, sha256Hex } from "../src/wire/sigv4/hmac.ts";
import { parseSignature, type RequestSignature } from "../src/wire/sigv4/parse.ts";
import { SigningKeys } from "../src/wire/sigv4/signing-key.ts";
import { verifySignature } from "../src/wire/sigv4/verify.ts";
import { CONSTRAINT_OVERRIDES } from "../src/wire/validation/overrides.ts";
import { Validators } from "../src/wire/validation/validator.ts";

const PATH = "/2015-03-31/functions/my-function/invocations";
const BODY = Buffer.from(JSON.stringify({ key1: "value1", key2: "value2", list: [1, 2, 3] }));
const KEYS = { accessKeyId: "AKIAISSUEDISSUEDISSU", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" };

function report(name: string, micros: number): void {
  process.stdout.write(`${name.padEnd(52)} ${micros.toFixed(2).padStart(9)} us\n`);
}

function measure(name: string, run: () => unknown, rounds = 100_000): void {
  for (let i = 0; i < rounds / 10; i++) run();
  const start = performance.now();
  for (let i = 0; i < rounds; i++) run();
  report(name, ((performance.now() - start) * 1_000) / rounds);
}

for (const { name } of SERVICES) {
  const start = performance.now();
  await Promise.all([loadModel(name), loadConstraints(name)]);
  report(`load the tables of ${name}`, (performance.now() - start) * 1_000);
}

const lambda = await loadModel("lambda");
const invoke = lambda.operations.get("Invoke") as OperationModel;
const url = new URL(`http://localhost:4566${PATH}`);
const signedHeaders = signRequest(
  { method: "POST", url, body: BODY },
  { ...KEYS, region: "us-east-1", service: "lambda", now: Date.now() },
);
const head: WireRequest = {
  method: "POST",
  path: PATH,
  rawQuery: "",
  query: new QueryParameters(""),
  headers: signedHeaders,
  rawHeaders: Object.entries(signedHeaders).flat(),
};
const router = new RestRouter(lambda);
const codec = createRestJson(lambda).codec(invoke);
const validate = new Validators(await loadConstraints("lambda"), CONSTRAINT_OVERRIDES.lambda ?? {}).of(
  "Invoke",
);
const context = { requestId: "id", extendedRequestId: "", method: "POST", path: PATH };
const output = { StatusCode: 200, Payload: BODY, ExecutedVersion: "$LATEST" };

measure("Invoke: find the operation", () => router.match(head, PATH));
measure("Invoke: decode, validate and encode", () => {
  const labels = { FunctionName: "my-function" };
  const input = codec.decode({ request: head, headers: head.headers, labels, body: BODY });
  validate(input);
  return codec.encode(output, context);
});

const dynamodb = await loadModel("dynamodb");
const item = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`attribute${i}`, { S: `value ${i}` }]));
const put = Buffer.from(JSON.stringify({ TableName: "table", Item: item }));
const putItem = createRpc(dynamodb, "dynamodb", jsonRpcBodies("application/x-amz-json-1.0", "plain")).codec(
  dynamodb.operations.get("PutItem") as OperationModel,
);
measure("PutItem: decode ten attributes, checked", () =>
  putItem.decode({ request: head, headers: head.headers, labels: {}, body: put }),
);
measure("PutItem: bare JSON.parse", () => JSON.parse(put.toString("utf8")) as unknown);

const signature = parseSignature(head) as RequestSignature;
const keys = new SigningKeys();
measure("SigV4: read and verify a signature", () =>
  verifySignature(
    head,
    parseSignature(head) as RequestSignature,
    keys.get(KEYS.secretAccessKey, signature.scope),
    sha256Hex(BODY),
  ),
);
const hmac = new HmacKey(Buffer.alloc(32, 1));
measure("HMAC over cached pads", () => hmac.digest("x".repeat(140)));
measure("HMAC by createHmac", () =>
  createHmac("sha256", Buffer.alloc(32, 1)).update("x".repeat(140)).digest(),
);

/** CPU time of client and server together, which share this process. */
async function measureHttp(name: string, port: number, headers: Record<string, string>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const options = { port, host: "127.0.0.1", path: PATH, method: "POST", agent, headers };
      const outgoing = httpRequest(options, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
        answer.resume().once("end", resolve);
      });
      outgoing.once("error", reject).end(BODY);
    });
  const rounds = 5_000;
  for (let i = 0; i < rounds / 2; i++) await once();
  const start = process.cpuUsage();
  for (let i = 0; i < rounds; i++) await once();
  const used = process.cpuUsage(start);
  report(name, (used.user + used.system) / rounds);
  agent.destroy();
}

const bare = createServer((message, response) => {
  const parts: Buffer[] = [];
  message.on("data", (part: Buffer) => parts.push(part));
  message.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": BODY.length });
    response.end(Buffer.concat(parts));
  });
});
await new Promise<void>((resolve) => bare.listen(0, "127.0.0.1", resolve));
const door = createDoor({
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
      find: async (accessKeyId) =>
        accessKeyId === KEYS.accessKeyId
          ? {
              secretAccessKey: KEYS.secretAccessKey,
              identity: {
                kind: "user",
                account: "111122223333",
                arn: "arn:aws:iam::111122223333:user/u",
                userId: "u",
                accessKeyId,
              },
            }
          : undefined,
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
const { port } = await door.listen({ host: "127.0.0.1", port: 0 });
const sign = (accessKeyId: string, to: number) =>
  signRequest(
    { method: "POST", url: new URL(`http://127.0.0.1:${to}${PATH}`), body: BODY },
    { ...KEYS, accessKeyId, region: "us-east-1", service: "lambda", now: Date.now() },
  );
const barePort = (bare.address() as AddressInfo).port;
for (let round = 0; round < 2; round++) {
  await measureHttp("bare node:http echo, client included", barePort, sign("test", barePort));
  await measureHttp("door, Invoke, key unchecked, client included", port, sign("test", port));
  await measureHttp("door, Invoke, key verified, client included", port, sign(KEYS.accessKeyId, port));
}
bare.close();
await door.close(0);
