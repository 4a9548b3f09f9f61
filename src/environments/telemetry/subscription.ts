import { environmentLimits } from "../../base/index.ts";

export type TelemetryType = "platform" | "function" | "extension";

/** What an extension wants to be told, how it is gathered, and where it goes. */
export interface Subscription {
  readonly api: "telemetry" | "logs";
  readonly schemaVersion: string;
  readonly types: readonly TelemetryType[];
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly destination:
    | {
        readonly protocol: "HTTP";
        readonly port: number;
        readonly path: string;
        readonly method: "POST" | "PUT";
      }
    | { readonly protocol: "TCP"; readonly port: number };
}

const VERSIONS = {
  telemetry: ["2022-07-01", "2022-12-13", "2025-01-29"],
  logs: ["2020-08-15", "2021-03-18"],
} as const;
const TYPES: readonly string[] = ["platform", "function", "extension"] satisfies TelemetryType[];
const HOSTS = ["sandbox.localdomain", "sandbox"];

/** Reads a subscription; a text says what is wrong with it, all faults at once. */
export function parseSubscription(
  api: Subscription["api"],
  body: Buffer,
  reservedPorts: readonly number[],
): Subscription | string {
  let document: unknown;
  try {
    document = JSON.parse(body.toString());
  } catch (error) {
    return error instanceof Error ? error.message : "invalid JSON";
  }
  if (!isObject(document)) return "the body is not a JSON object";
  const faults: string[] = [];
  const schemaVersion = schemaVersionOf(api, document["schemaVersion"], faults);
  const destination = destinationOf(document["destination"], reservedPorts, faults);
  const types = typesOf(document["types"], faults);
  const buffering = document["buffering"] ?? {};
  if (!isObject(buffering)) faults.push("buffering should be an object");
  const limits = environmentLimits.telemetryBuffering;
  const figure = (name: keyof typeof limits) =>
    within(name, isObject(buffering) ? buffering[name] : undefined, limits[name], faults);
  const [maxItems, maxBytes, timeoutMs] = [figure("maxItems"), figure("maxBytes"), figure("timeoutMs")];
  if (faults.length > 0 || destination === undefined) return faults.join("; ");
  return { api, schemaVersion, types, maxItems, maxBytes, timeoutMs, destination };
}

function schemaVersionOf(api: Subscription["api"], given: unknown, faults: string[]): string {
  if (given === undefined && api === "logs") return VERSIONS.logs[0];
  const known: readonly unknown[] = VERSIONS[api];
  if (!known.includes(given)) faults.push(`schemaVersion should be one of ${VERSIONS[api].join(", ")}`);
  return String(given);
}

function typesOf(given: unknown, faults: string[]): readonly TelemetryType[] {
  if (!Array.isArray(given) || given.length === 0) {
    faults.push("types should not be empty");
    return [];
  }
  for (const type of given) {
    if (!TYPES.includes(type as string)) faults.push(`types should not contain ${JSON.stringify(type)}`);
  }
  return TYPES.filter((type) => given.includes(type)) as TelemetryType[];
}

function destinationOf(
  given: unknown,
  reservedPorts: readonly number[],
  faults: string[],
): Subscription["destination"] | undefined {
  if (!isObject(given)) {
    faults.push("destination is not provided");
    return undefined;
  }
  const { URI: uri, encoding = "JSON", method = "POST", port, protocol } = given;
  if (protocol === "TCP")
    return checkedPort(port, reservedPorts, faults, "port") ? { protocol, port } : undefined;
  if (protocol !== "HTTP") {
    faults.push("destination protocol should be HTTP or TCP");
    return undefined;
  }
  if (encoding !== "JSON") faults.push("destination encoding should be JSON");
  if (method !== "POST" && method !== "PUT") {
    faults.push("destination method should be POST or PUT");
    return undefined;
  }
  if (typeof uri !== "string" || !URL.canParse(uri)) {
    faults.push("URI is not provided or malformed");
    return undefined;
  }
  const url = new URL(uri);
  if (url.protocol !== "http:" || !HOSTS.includes(url.hostname)) {
    faults.push("URI host should be sandbox.localdomain");
    return undefined;
  }
  if (url.port === "" && !/^http:\/\/[^/]*:80(?:\/|$)/.test(uri)) {
    faults.push("URI port is not provided");
    return undefined;
  }
  const number = url.port === "" ? 80 : Number(url.port);
  if (!checkedPort(number, reservedPorts, faults, "URI port")) return undefined;
  return { protocol, port: number, path: `${url.pathname}${url.search}`, method };
}

function checkedPort(
  port: unknown,
  reserved: readonly number[],
  faults: string[],
  name: string,
): port is number {
  if (!Number.isInteger(port) || Number(port) < 1 || Number(port) > 65_535) {
    faults.push(`${name} should be between 1 and 65535`);
    return false;
  }
  if (reserved.includes(Number(port))) faults.push(`${name} ${String(port)} is reserved`);
  return true;
}

function within(
  name: string,
  given: unknown,
  { least, most, usual }: { readonly least: number; readonly most: number; readonly usual: number },
  faults: string[],
): number {
  if (given === undefined || given === null) return usual;
  if (Number.isInteger(given) && Number(given) >= least && Number(given) <= most) return Number(given);
  faults.push(`buffering.${name} should be between ${least} and ${most}`);
  return usual;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
