import { readFile } from "node:fs/promises";
import type { ServiceName } from "../service.ts";
import type { ConstraintTable } from "../validation/table.ts";
import { hydrate, type ProtocolName, type SchemaTable, type ServiceModel } from "./table.ts";

/** What the door must know of a service before its tables are loaded. */
export interface ServiceFacts {
  readonly name: ServiceName;
  /** The service part of the credential scope. */
  readonly signingNames: readonly string[];
  /** What stands before the dot in X-Amz-Target. */
  readonly target?: string;
  /** Protocols that the service speaks beside the one of its table, to clients that begin with them. */
  readonly alternates?: readonly ProtocolName[];
  /** Of answers in the query protocol, where the table's own protocol needs none. */
  readonly xmlNamespace?: string;
  /** The API version that comes with Action in the query protocol. */
  readonly queryVersion?: string;
  /** Paths that no other service has; tells the service of an unsigned request. */
  readonly path?: RegExp;
  /** Serves whoever signs nothing. */
  readonly anonymous: boolean;
  /** Takes presigned addresses of signature version 2. */
  readonly legacySignatures?: true;
}

/** The one list of services whose wire format is known. Adding one is a line here and one in scripts/generate. */
export const SERVICES: readonly ServiceFacts[] = [
  {
    name: "lambda",
    signingNames: ["lambda"],
    path: /^\/20\d\d-\d\d-\d\d\//,
    anonymous: false,
  },
  {
    name: "s3",
    signingNames: ["s3", "s3express", "s3-object-lambda"],
    anonymous: true,
    legacySignatures: true,
  },
  { name: "dynamodb", signingNames: ["dynamodb"], target: "DynamoDB_20120810", anonymous: false },
  { name: "logs", signingNames: ["logs"], target: "Logs_20140328", anonymous: false },
  { name: "iam", signingNames: ["iam"], queryVersion: "2010-05-08", anonymous: false },
  { name: "sts", signingNames: ["sts"], queryVersion: "2011-06-15", anonymous: false },
  {
    name: "sqs",
    signingNames: ["sqs"],
    target: "AmazonSQS",
    queryVersion: "2012-11-05",
    alternates: ["awsQuery"],
    xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    anonymous: false,
  },
  { name: "sns", signingNames: ["sns"], queryVersion: "2010-03-31", anonymous: false },
  {
    name: "kinesis",
    signingNames: ["kinesis"],
    target: "Kinesis_20131202",
    alternates: ["awsCbor1_1", "rpcv2Cbor"],
    anonymous: false,
  },
  {
    name: "cloudwatch",
    signingNames: ["monitoring"],
    target: "GraniteServiceVersion20100801",
    queryVersion: "2010-08-01",
    alternates: ["rpcv2Cbor", "awsQuery"],
    anonymous: false,
  },
  { name: "events", signingNames: ["events"], target: "AWSEvents", anonymous: false },
  { name: "scheduler", signingNames: ["scheduler"], anonymous: false },
];

const generated = new URL("../generated/", import.meta.url);

/** Reads and hydrates a service's schema table; callers keep the result. */
export async function loadModel(name: ServiceName): Promise<ServiceModel> {
  return hydrate(JSON.parse(await readFile(new URL(`${name}.json`, generated), "utf8")) as SchemaTable);
}

export async function loadConstraints(name: ServiceName): Promise<ConstraintTable> {
  const text = await readFile(new URL(`${name}.constraints.json`, generated), "utf8");
  return JSON.parse(text) as ConstraintTable;
}
