import type { ModelledService } from "./services.ts";

/** What a client publishes: arrays whose first element tells the kind, and numbers for simple types. */
type Schema = unknown;

const OPERATION = 9;
const ERROR = -3;
const STRUCTURE = 3;
const UNION = 4;
const LIST = 1;
const MAP = 2;
const SIMPLE = 0;

/**
 * Compiles the runtime schemas that a client exports into the table that src/wire/model/table.ts reads: every schema
 * array that an operation or an error reaches becomes a node, every reference to one becomes the negative number
 * -(index + 1), and simple types stay the numbers they are. One node a line, so that a change of the model reads well.
 */
export async function generateSchemas(service: ModelledService): Promise<string> {
  const client = (await import(service.client)) as Readonly<Record<string, unknown>>;
  const settings = await protocolSettings(client);
  const compiler = new Compiler(settings.namespace);

  const operations: Record<string, number> = {};
  const errors: Record<string, number> = {};
  for (const name of Object.keys(client).sort()) {
    const schema = name.endsWith("$") ? client[name] : undefined;
    if (!Array.isArray(schema) || schema[1] !== settings.namespace) continue;
    if (schema[0] === OPERATION) operations[schema[2] as string] = -compiler.reference(schema) - 1;
    if (schema[0] === ERROR) errors[schema[2] as string] = -compiler.reference(schema) - 1;
  }
  compiler.finish();

  const { queryCompatible, ...rest } = settings;
  const head = { ...rest, ...(queryCompatible ? { queryCompatible } : {}), operations, errors };
  const lines = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const nodes = compiler.nodes.map((node) => JSON.stringify(node)).join(",\n");
  return `{${lines.join(",\n")},\n"nodes":[\n${nodes}\n]}\n`;
}

interface ProtocolSettings {
  readonly namespace: string;
  readonly protocol: string;
  readonly version: string;
  readonly target: string;
  readonly xmlNamespace: string;
  /** The service spoke the query protocol before, and still answers it. */
  readonly queryCompatible: boolean;
}

/** The names of the protocols as Smithy writes them, by the classes that the clients use. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  AwsRestJsonProtocol: "restJson1",
  S3RestXmlProtocol: "restXml",
  AwsRestXmlProtocol: "restXml",
  AwsJson1_0Protocol: "awsJson1_0",
  AwsJson1_1Protocol: "awsJson1_1",
  AwsQueryProtocol: "awsQuery",
};

async function protocolSettings(client: Readonly<Record<string, unknown>>): Promise<ProtocolSettings> {
  const name = Object.keys(client).find((key) => key.endsWith("Client") && key !== "__Client");
  if (name === undefined) throw new Error("the package exports no client");
  const Client = client[name] as new (
    options: object,
  ) => {
    config: { protocol: unknown; protocolSettings: Record<string, string | undefined> };
    destroy(): void;
  };
  const instance = new Client({
    region: "us-east-1",
    credentials: { accessKeyId: "generate", secretAccessKey: "generate" },
  });
  const { protocol, protocolSettings } = instance.config;
  instance.destroy();
  const className = (protocol as { constructor: { name: string } }).constructor.name;
  const known = PROTOCOLS[className];
  if (known === undefined) throw new Error(`${name} speaks ${className}, which has no name here`);
  return {
    namespace: protocolSettings["defaultNamespace"] ?? "",
    protocol: known,
    version: protocolSettings["version"] ?? "",
    target: protocolSettings["serviceTarget"] ?? "",
    xmlNamespace: protocolSettings["xmlNamespace"] ?? "",
    queryCompatible: Boolean(protocolSettings["awsQueryCompatible"]),
  };
}

class Compiler {
  readonly nodes: unknown[] = [];
  readonly #namespace: string;
  readonly #indexes = new Map<object, number>();
  readonly #waiting: { readonly index: number; readonly schema: readonly Schema[] }[] = [];

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** A simple type as its number, a schema array as -(index + 1), a member as [reference, traits]. */
  target(schema: Schema): unknown {
    const plain = typeof schema === "function" ? (schema as () => Schema)() : schema;
    if (Array.isArray(plain) && plain.length === 2) return [this.target(plain[0]), plain[1]];
    if (typeof plain === "number") return plain;
    if (plain === "unit" || plain === undefined) return null;
    if (Array.isArray(plain)) return this.reference(plain);
    throw new Error(`a schema of an unknown form: ${JSON.stringify(plain)}`);
  }

  reference(schema: readonly Schema[]): number {
    let index = this.#indexes.get(schema);
    if (index === undefined) {
      index = this.nodes.push(null) - 1;
      this.#indexes.set(schema, index);
      this.#waiting.push({ index, schema });
    }
    return -(index + 1);
  }

  /** Breadth first, so that the order of nodes depends on the model alone. */
  finish(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.nodes[next.index] = this.#node(next.schema);
    }
  }

  #node(schema: readonly Schema[]): unknown {
    const [kind, namespace, name, traits] = schema;
    if (namespace !== this.#namespace) {
      throw new Error(`${String(name)} belongs to ${String(namespace)}`);
    }
    switch (kind) {
      case SIMPLE:
      case LIST:
        return [kind, name, traits, this.target(schema[4])];
      case MAP:
        return [kind, name, traits, this.target(schema[4]), this.target(schema[5])];
      case OPERATION:
        return [kind, name, traits, this.target(schema[4]), this.target(schema[5])];
      case STRUCTURE:
      case UNION:
      case ERROR: {
        const targets = (schema[5] as readonly Schema[]).map((member) => this.target(member));
        return [kind, name, traits, schema[4], targets, schema[6] ?? 0];
      }
      default:
        throw new Error(`${String(name)} is of an unknown kind: ${String(kind)}`);
    }
  }
}
