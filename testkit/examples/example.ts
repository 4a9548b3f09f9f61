import path from "node:path";
import { type AttributeValue, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { clientEnvironment, clientProgram } from "../aws-clients.ts";
import { type LambkinServer, run } from "../lambkin-server.ts";

/** An application of `examples/` at work. */
export interface Example {
  /** Its folder. */
  readonly name: string;
  /** What its deploy.sh asks for. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Uses it like those whom it is for. Throws if it does something else than it says. */
  use(clients: ExampleClients): Promise<void>;
}

export class ExampleClients {
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;

  constructor(settings: LambkinServer["client"]) {
    this.lambda = new LambdaClient(settings);
    this.s3 = new S3Client({ ...settings, forcePathStyle: true });
    this.dynamodb = new DynamoDBClient(settings);
  }

  /** Reads an item by its key of strings. */
  async item(
    TableName: string,
    key: Readonly<Record<string, string>>,
  ): Promise<Record<string, AttributeValue> | undefined> {
    const Key = Object.fromEntries(Object.entries(key).map(([name, S]) => [name, { S }]));
    return (await this.dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
  }

  /** Invokes synchronously; gives the parsed answer, and the kind of error if it is one. */
  async invoke(
    FunctionName: string,
    event: unknown,
  ): Promise<{ answer: unknown; error: string | undefined }> {
    const { Payload, FunctionError } = await this.lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    return { answer: JSON.parse(Buffer.from(Payload ?? []).toString()), error: FunctionError };
  }
}

/** Runs the deploy.sh of a built example with the AWS CLI. */
export async function deploy(example: Example, builtIn: string, server: LambkinServer): Promise<void> {
  const env = clientEnvironment(server.endpoint, {
    PATH: `${path.dirname(clientProgram("aws"))}:${process.env["PATH"]}`,
    ...example.variables,
  });
  const script = path.join(builtIn, example.name, "deploy.sh");
  const { code, stdout, stderr } = await run("sh", [script], { env });
  if (code !== 0) throw new Error(`deploy.sh of ${example.name} ended with ${code}:\n${stdout}${stderr}`);
}
