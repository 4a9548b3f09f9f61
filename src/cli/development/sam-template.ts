import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { CommandFailure } from "../command.ts";
import type { Development, DevelopmentFunction } from "./development-function.ts";
import { isObject, NO_VALUE, withoutIntrinsics } from "./intrinsic-functions.ts";

const FILES = ["template.yaml", "template.yml", "template.json", "sam.yaml"];
/** What of a function counts here; https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html */
const USED = new Set([
  "FunctionName",
  "Handler",
  "Runtime",
  "CodeUri",
  "Environment",
  "MemorySize",
  "Timeout",
  "EphemeralStorage",
  "Architectures",
  "Description",
]);
/** Roles and policies are not enforced where nobody is secure, and whoever listens is deployed otherwise. */
const WITHOUT_EFFECT = new Set(["Policies", "Role", "Tags", "Tracing", "PermissionsBoundary", "PackageType"]);
const TAGS = [
  "Ref",
  "Sub",
  "GetAtt",
  "Join",
  "Select",
  "FindInMap",
  "If",
  "Equals",
  "Split",
  "ImportValue",
  "Base64",
];
const FURTHER_TAGS = ["Not", "And", "Or", "Condition", "Cidr", "GetAZs", "Transform"];

export interface SamPlace {
  readonly region: string;
  readonly account: string;
}

export function findTemplate(root: string): string | undefined {
  return FILES.map((name) => path.join(root, name)).find((file) => existsSync(file));
}

/** The functions of a SAM template, as far as they can be told without deploying it. */
export async function readTemplate(file: string, place: SamPlace): Promise<Development> {
  const template = await parse(file);
  const resources = isObject(template["Resources"]) ? template["Resources"] : {};
  const notes: string[] = [];
  const functions: DevelopmentFunction[] = [];
  const root = path.dirname(file);
  const resolve = resolver(template, resources, place);
  const globals = section(template["Globals"], "Function");
  for (const [id, resource] of Object.entries(resources)) {
    if (!isObject(resource)) continue;
    if (resource["Type"] !== "AWS::Serverless::Function") {
      notes.push(`${id} (${String(resource["Type"])}) is not made`);
      continue;
    }
    const own = section(resource, "Properties");
    const properties = { ...globals, ...own, Environment: variables(globals, own) };
    const unknown: string[] = [];
    const used = Object.entries(properties).filter(([name]) => USED.has(name) || name === "PackageType");
    const plain = withoutIntrinsics(Object.fromEntries(used), {
      resolve,
      mappings: template["Mappings"],
      conditions: template["Conditions"],
      onUnknown: (what) => unknown.push(what),
    });
    for (const what of unknown) notes.push(`${id}: ${what} is not understood, and left out`);
    const left = Object.keys(own).filter((name) => !USED.has(name) && !WITHOUT_EFFECT.has(name));
    if (left.length > 0) notes.push(`${id}: ${left.join(", ")} ${left.length === 1 ? "is" : "are"} left out`);
    const made = functionOf(id, isObject(plain) ? plain : {}, root);
    if (typeof made === "string") notes.push(`${id}: ${made}`);
    else functions.push(made);
  }
  return { functions, notes };
}

async function parse(file: string): Promise<Record<string, unknown>> {
  const { parse: parseYaml } = await import("yaml");
  const names = [...TAGS, ...FURTHER_TAGS];
  const long = (name: string) => (name === "Ref" || name === "Condition" ? name : `Fn::${name}`);
  const customTags = names.flatMap((name) => [
    { tag: `!${name}`, resolve: (text: string) => ({ [long(name)]: text }) },
    {
      tag: `!${name}`,
      collection: "seq" as const,
      resolve: (items: { toJSON(): unknown }) => ({ [long(name)]: items.toJSON() }),
    },
    {
      tag: `!${name}`,
      collection: "map" as const,
      resolve: (items: { toJSON(): unknown }) => ({ [long(name)]: items.toJSON() }),
    },
  ]);
  try {
    const parsed: unknown = parseYaml(readFileSync(file, "utf8"), { customTags, logLevel: "error" });
    return isObject(parsed) ? parsed : {};
  } catch (error) {
    throw new CommandFailure(`${file} can't be read: ${(error as Error).message.split("\n")[0]}`);
  }
}

function resolver(
  template: Record<string, unknown>,
  resources: Record<string, unknown>,
  { region, account }: SamPlace,
) {
  const pseudo: Readonly<Record<string, unknown>> = {
    "AWS::Region": region,
    "AWS::AccountId": account,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "lambkin-dev",
    "AWS::NoValue": NO_VALUE,
  };
  const parameters = isObject(template["Parameters"]) ? template["Parameters"] : {};
  return (reference: string, attribute?: string): unknown => {
    if (Object.hasOwn(pseudo, reference)) return pseudo[reference];
    const parameter = parameters[reference];
    if (isObject(parameter)) return parameter["Default"];
    const resource = resources[reference];
    if (!isObject(resource)) return undefined;
    const properties = section(resource, "Properties");
    const named = (member: string) =>
      typeof properties[member] === "string" ? properties[member] : reference;
    switch (`${String(resource["Type"])} ${attribute ?? ""}`) {
      case "AWS::Serverless::Function ":
        return named("FunctionName");
      case "AWS::Serverless::Function Arn":
        return `arn:aws:lambda:${region}:${account}:function:${named("FunctionName")}`;
      case "AWS::DynamoDB::Table ":
      case "AWS::Serverless::SimpleTable ":
        return named("TableName");
      case "AWS::DynamoDB::Table Arn":
        return `arn:aws:dynamodb:${region}:${account}:table/${named("TableName")}`;
      case "AWS::S3::Bucket ":
        return named("BucketName").toLowerCase();
      case "AWS::S3::Bucket Arn":
        return `arn:aws:s3:::${named("BucketName").toLowerCase()}`;
      case "AWS::SQS::Queue Arn":
        return `arn:aws:sqs:${region}:${account}:${named("QueueName")}`;
      case "AWS::SNS::Topic ":
        return `arn:aws:sns:${region}:${account}:${named("TopicName")}`;
      default:
        return undefined;
    }
  };
}

function section(value: unknown, member: string): Record<string, unknown> {
  const inner = isObject(value) ? value[member] : undefined;
  return isObject(inner) ? inner : {};
}

/** A function's variables are laid over those of all. */
function variables(globals: Record<string, unknown>, own: Record<string, unknown>): unknown {
  return {
    Variables: {
      ...section(globals["Environment"], "Variables"),
      ...section(own["Environment"], "Variables"),
    },
  };
}

/** Or why there is none. */
function functionOf(
  id: string,
  properties: Record<string, unknown>,
  root: string,
): DevelopmentFunction | string {
  const { Handler, Runtime, CodeUri, FunctionName } = properties;
  if (properties["PackageType"] === "Image") return "functions are made of zip archives, not of images";
  if (typeof Runtime !== "string") return "it has no Runtime";
  if (typeof Handler !== "string") return "it has no Handler";
  if (typeof CodeUri !== "string") return "its CodeUri is not a path";
  if (CodeUri.startsWith("s3://")) return "its CodeUri is not on this machine";
  const code = path.resolve(root, CodeUri);
  if (!existsSync(code)) return `its CodeUri ${CodeUri} does not exist`;
  const [architecture] = Array.isArray(properties["Architectures"]) ? properties["Architectures"] : [];
  const environment = Object.entries(section(properties["Environment"], "Variables")).flatMap(
    ([name, value]) => (isScalar(value) ? [[name, String(value)] as const] : []),
  );
  const number = (value: unknown, as: string) =>
    Number.isFinite(Number(value ?? Number.NaN)) ? { [as]: Number(value) } : {};
  const text = (value: unknown, as: string) => (typeof value === "string" ? { [as]: value } : {});
  return {
    name: typeof FunctionName === "string" ? FunctionName : id,
    runtime: Runtime,
    handler: Handler,
    code,
    environment: Object.fromEntries(environment),
    ...number(properties["MemorySize"], "memoryMiB"),
    ...number(properties["Timeout"], "timeoutSeconds"),
    ...number(section(properties, "EphemeralStorage")["Size"], "ephemeralStorageMiB"),
    ...text(architecture, "architecture"),
    ...text(properties["Description"], "description"),
  };
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
