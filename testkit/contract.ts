import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  LambdaClient,
  type LambdaClientConfig,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { start } from "../src/embedding/index.ts";
import { zipOf } from "./zip-writer.ts";

/** A package with `index.handler`, for functions that need not do anything. */
export const CONTRACT_CODE: Buffer = zipOf({
  "index.mjs": "export const handler = async (event) => event;\n",
});

const LAMBDA_TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

interface Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly requestHandler: { readonly connectionTimeout: number };
}

/** Without it a client waits for more than two minutes, three times, for an endpoint that nothing leads to. */
const CONNECTION_MS = 15_000;

export interface RawRequest {
  readonly method: string;
  /** Encoded as it is to be sent. */
  readonly path: string;
  readonly query?: Record<string, string | string[]>;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What a contract test needs of an endpoint of AWS: clients, names that nobody else uses, a role, and that nothing is
 * left behind. A whole server in this process answers; or, if `LAMBKIN_CONTRACT_ENDPOINT` is set, what answers there, to
 * the key in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (`test` if unset), in `AWS_REGION`, with the execution role
 * `LAMBKIN_CONTRACT_ROLE` if it is not to make one.
 */
export class Contract implements AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** Of a role that Lambda may assume. */
  readonly roleArn: string;
  readonly lambda: LambdaClient;
  /** How waiters of the SDK wait. */
  readonly waiting: { readonly maxWaitTime: number; readonly minDelay: number; readonly maxDelay: number };
  readonly #settings: Settings;
  readonly #clients: { destroy(): void }[];
  readonly #cleanUps: (() => Promise<unknown>)[] = [];
  readonly #run: string;
  #made = 0;

  private constructor(parts: {
    readonly settings: Settings;
    readonly account: string;
    readonly roleArn: string;
    readonly run: string;
    readonly local: boolean;
    readonly clients: { destroy(): void }[];
  }) {
    this.#settings = parts.settings;
    this.#clients = parts.clients;
    this.#run = parts.run;
    this.endpoint = parts.settings.endpoint;
    this.region = parts.settings.region;
    this.account = parts.account;
    this.roleArn = parts.roleArn;
    this.lambda = this.lambdaClient();
    this.waiting = { maxWaitTime: 120, minDelay: parts.local ? 0.02 : 1, maxDelay: parts.local ? 0.2 : 5 };
  }

  /** `isolation` is that of a server of this process's own. */
  static async open(options: { readonly isolation?: "namespaces" | "process" } = {}): Promise<Contract> {
    const elsewhere = process.env["LAMBKIN_CONTRACT_ENDPOINT"];
    const server = elsewhere ? undefined : await start({ logLevel: "error", ...options });
    const settings: Settings = {
      endpoint: server?.endpoint ?? elsewhere ?? "",
      region: server?.region ?? process.env["AWS_REGION"] ?? "us-east-1",
      credentials: server?.credentials ?? {
        accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "test",
        secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "test",
      },
      requestHandler: { connectionTimeout: CONNECTION_MS },
    };
    const run = `contract-${Date.now().toString(36)}${randomBytes(3).toString("hex")}`;
    const sts = new STSClient({ ...settings, maxAttempts: 1 });
    const iam = new IAMClient({ ...settings, maxAttempts: 1 });
    const { Account: account = "" } = await sts.send(new GetCallerIdentityCommand({}));
    const given = process.env["LAMBKIN_CONTRACT_ROLE"];
    const { Role } = given
      ? { Role: { Arn: given } }
      : await iam.send(new CreateRoleCommand({ RoleName: run, AssumeRolePolicyDocument: LAMBDA_TRUST }));
    const contract = new Contract({
      settings,
      account,
      roleArn: Role?.Arn ?? "",
      run,
      local: server !== undefined,
      clients: [sts, iam],
    });
    contract.cleanUp(() =>
      server === undefined ? contract.#sweep(iam, given === undefined) : server.close(),
    );
    return contract;
  }

  /** Runs when the contract is disposed of, last registered first. */
  cleanUp(action: () => Promise<unknown>): void {
    this.#cleanUps.push(action);
  }

  /** A name of at most 40 characters that nothing else has. */
  name(): string {
    return `${this.#run}-${++this.#made}`;
  }

  /** Of a function or version. */
  functionArn(nameAndQualifier: string): string {
    return `arn:aws:lambda:${this.region}:${this.account}:function:${nameAndQualifier}`;
  }

  lambdaClient(more: LambdaClientConfig = {}): LambdaClient {
    return this.#keep(new LambdaClient({ ...this.#settings, maxAttempts: 1, ...more }));
  }

  iam(): IAMClient {
    return this.#keep(new IAMClient(this.#settings));
  }

  logs(): CloudWatchLogsClient {
    return this.#keep(new CloudWatchLogsClient(this.#settings));
  }

  s3(): S3Client {
    return this.#keep(new S3Client({ ...this.#settings, forcePathStyle: true }));
  }

  sts(): STSClient {
    return this.#keep(new STSClient(this.#settings));
  }

  /** A valid CreateFunction with what is to be different. */
  functionInput(changes: Partial<CreateFunctionCommandInput> = {}): CreateFunctionCommandInput {
    return {
      FunctionName: this.name(),
      Role: this.roleArn,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: CONTRACT_CODE },
      ...changes,
    };
  }

  /** Creates a function and waits until it is Active. It has a whole vCPU, so that it is quick, and time. */
  async createFunction(changes: Partial<CreateFunctionCommandInput> = {}): Promise<string> {
    const input = this.functionInput({ MemorySize: 1_769, Timeout: 60, ...changes });
    const { FunctionName = "" } = await this.lambda.send(new CreateFunctionCommand(input));
    await waitUntilFunctionActiveV2({ ...this.waiting, client: this.lambda }, { FunctionName });
    return FunctionName;
  }

  /** Waits until the function's last update is done. */
  async updated(FunctionName: string): Promise<void> {
    await waitUntilFunctionUpdatedV2({ ...this.waiting, client: this.lambda }, { FunctionName });
  }

  /** Sends what no SDK would, signed like everything else. */
  async raw(request: RawRequest): Promise<RawAnswer> {
    const command = new GetAccountSettingsCommand({});
    let answer: RawAnswer | undefined;
    command.middlewareStack.add(
      (next) => (args) => {
        const sent = args.request as Record<string, unknown> & { headers: Record<string, string> };
        const body = request.body ?? "";
        const length = body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) };
        Object.assign(sent, { method: request.method, path: request.path, query: request.query ?? {}, body });
        Object.assign(sent.headers, { "content-type": "application/json", ...length, ...request.headers });
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const response = result.response as {
          statusCode: number;
          headers: Record<string, string>;
          body: NodeJS.ReadableStream;
        };
        answer = {
          status: response.statusCode,
          headers: { ...response.headers },
          body: (await buffer(response.body)).toString(),
        };
        // The SDK only has to be content with it.
        Object.assign(response, { statusCode: 200, body: Buffer.from("{}") });
        return result;
      },
      { step: "deserialize", priority: "low" },
    );
    await this.lambda.send(command);
    if (answer === undefined) throw new Error("there was no answer");
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const action of this.#cleanUps.reverse()) await action();
    for (const client of this.#clients) client.destroy();
  }

  /** Where it is not the server that goes: what this run made goes. */
  async #sweep(iam: IAMClient, ownRole: boolean): Promise<void> {
    for await (const { Functions = [] } of paginateListFunctions({ client: this.lambda }, {})) {
      for (const { FunctionName } of Functions) {
        if (FunctionName?.startsWith(this.#run))
          await this.lambda.send(new DeleteFunctionCommand({ FunctionName }));
      }
    }
    if (ownRole) await iam.send(new DeleteRoleCommand({ RoleName: this.#run }));
  }

  #keep<Client extends { destroy(): void }>(client: Client): Client {
    this.#clients.push(client);
    return client;
  }
}
