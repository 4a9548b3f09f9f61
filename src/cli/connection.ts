import { readFileSync } from "node:fs";
import path from "node:path";
import { CommandFailure, type OptionValues, textOption, UsageError } from "./command.ts";
import { defaultDataDirectory, type RunningServerFile, readServerFile } from "./data-home.ts";

const DEFAULT_ENDPOINT = "http://127.0.0.1:4566";
const HEALTH_TIMEOUT_MS = 5_000;

/** Options of every command that speaks to a running server. */
export const CONNECTION_OPTIONS = {
  data: { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
} as const;

export const CONNECTION_HELP = {
  "--data DIR": "data directory of the server (the user's data home)",
  "--endpoint URL":
    "address of the server (LAMBKIN_ENDPOINT, else what runs on the data directory; if none was named, else 127.0.0.1:4566)",
  "--region R": "region (AWS_REGION, else us-east-1)",
} as const;

export interface Health {
  readonly status: string;
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly region: string;
  readonly isolation: string;
  readonly environments: { readonly total: number; readonly idle: number };
  readonly pool: { readonly waiting: number };
  readonly keepAlive: {
    readonly idleEnded: number;
    readonly idleEvicted: number;
    readonly warmedAhead: number;
    readonly warmedAheadUsed: number;
  };
  readonly services: Readonly<Record<string, string>>;
}

/**
 * Where the server is: as told, else where the server of the data directory says that it listens. That one takes plain
 * HTTP at the same port even if it speaks TLS, so that no command needs its certificates.
 * @throws if a data directory was named and no server runs on it: what listens at the usual port is another one's.
 */
export function locate(options: OptionValues): string {
  const told = toldEndpoint(options);
  if (told !== undefined) return told;
  const file = readServerFile(dataDirectory(options));
  if (file === undefined && options["data"] !== undefined)
    throw new CommandFailure(`${nobodyOn(options)}; \`lambkin start\` starts one`);
  return plain(file?.endpoint ?? DEFAULT_ENDPOINT);
}

/** What other programs should be told: the address as the server gives it, and what they need to trust it. */
export function published(options: OptionValues): Pick<RunningServerFile, "endpoint" | "caBundle"> {
  const told = toldEndpoint(options);
  if (told !== undefined) return { endpoint: told };
  return readServerFile(dataDirectory(options)) ?? { endpoint: DEFAULT_ENDPOINT };
}

/** How the server is; undefined if nobody answers, or a server of other data than was meant. */
export async function runningServer(options: OptionValues): Promise<Health | undefined> {
  const told = toldEndpoint(options);
  if (told !== undefined) return health(told);
  const file = readServerFile(dataDirectory(options));
  if (file === undefined) return options["data"] === undefined ? health(DEFAULT_ENDPOINT) : undefined;
  const running = await health(plain(file.endpoint));
  // One that was killed leaves its file, and its port to whoever comes next.
  return running?.pid === file.pid ? running : undefined;
}

/** That there is no server, in words. */
export function nobodyOn(options: OptionValues): string {
  const place = toldEndpoint(options) ?? readServerFile(dataDirectory(options))?.endpoint;
  const data = textOption(options, "data");
  return place === undefined && data !== undefined
    ? `no server answers on the data directory ${data}`
    : `no server answers on ${plain(place ?? DEFAULT_ENDPOINT)}`;
}

/** The address at which a server that speaks TLS takes plain HTTP, too. */
export function plain(endpoint: string): string {
  return endpoint.replace(/^https:/, "http:");
}

function toldEndpoint(options: OptionValues): string | undefined {
  const told =
    textOption(options, "endpoint") ??
    (options["data"] === undefined ? process.env["LAMBKIN_ENDPOINT"] : undefined);
  if (told === undefined) return undefined;
  if (!URL.canParse(told) || !told.startsWith("http"))
    throw new UsageError(`${JSON.stringify(told)} is no http address`);
  return told.replace(/\/+$/, "");
}

/** Undefined where nobody named one. */
export function regionTold(options: OptionValues): string | undefined {
  return textOption(options, "region") ?? process.env["AWS_REGION"];
}

function dataDirectory(options: OptionValues): string {
  return textOption(options, "data") ?? defaultDataDirectory();
}

/** Undefined if nobody answers, or somebody who is not Lambkin. */
async function health(endpoint: string): Promise<Health | undefined> {
  try {
    const answer = await fetch(`${endpoint}/_lambkin/health`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    });
    const body = (await answer.json()) as Partial<Health>;
    return answer.ok && typeof body.pid === "number" ? (body as Health) : undefined;
  } catch {
    return undefined;
  }
}

export interface CommandCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Root's credentials of a secure server on this data directory, else the environment's, else those of a friendly one.
 * The environment's go first for an address that was told and is not that directory's.
 */
export function credentialsFor(options: OptionValues): CommandCredentials {
  const told = toldEndpoint(options);
  const own = readServerFile(dataDirectory(options))?.endpoint ?? DEFAULT_ENDPOINT;
  const another = told !== undefined && options["data"] === undefined && told !== plain(own);
  const [first, second] = another
    ? [environmentCredentials(), rootCredentials(options)]
    : [rootCredentials(options), environmentCredentials()];
  return first ?? second ?? { accessKeyId: "test", secretAccessKey: "test" };
}

function rootCredentials(options: OptionValues): CommandCredentials | undefined {
  try {
    const file = path.join(dataDirectory(options), "root-credentials.json");
    return JSON.parse(readFileSync(file, "utf8")) as CommandCredentials;
  } catch {
    return undefined;
  }
}

function environmentCredentials(): CommandCredentials | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What the service complained of, in one line. */
  errorText(): string;
}

export interface Call {
  /** SigV4 service name. */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Sends one signed request. */
export async function send(options: OptionValues, call: Call): Promise<Answer> {
  const endpoint = locate(options);
  const url = new URL(endpoint + call.path);
  for (const [name, value] of Object.entries(call.query)) url.searchParams.append(name, value);
  const region = regionTold(options) ?? "us-east-1";
  // Most of what `lambkin` does needs none of it.
  const { signRequest } = await import("../wire/index.ts");
  const { host: _, ...headers } = signRequest(
    { method: call.method, url, headers: call.headers, body: call.body },
    { ...credentialsFor(options), region, service: call.service, now: Date.now() },
  );
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: call.method,
      headers,
      ...(call.body.length === 0 ? {} : { body: Buffer.from(call.body) }),
    });
    // A server that ends may do so in the middle of its answer.
    text = await response.text();
  } catch {
    throw new CommandFailure(`no server answers on ${endpoint}; \`lambkin start\` starts one`);
  }
  return {
    status: response.status,
    headers: response.headers,
    text,
    errorText: () =>
      `${response.headers.get("x-amzn-errortype") ?? `HTTP ${response.status}`}: ${messageOf(text)}`,
  };
}

/** Opens a signed request of the server's own whose answer goes on until one side ends it. */
export async function openStream(
  options: OptionValues,
  call: {
    readonly method: string;
    readonly path: string;
    readonly query: readonly (readonly [string, string])[];
  },
  signal: AbortSignal,
): Promise<Response> {
  const endpoint = locate(options);
  const url = new URL(endpoint + call.path);
  for (const [name, value] of call.query) url.searchParams.append(name, value);
  const region = regionTold(options) ?? "us-east-1";
  const { signRequest } = await import("../wire/index.ts");
  const { host: _, ...headers } = signRequest(
    { method: call.method, url, headers: {}, body: new Uint8Array() },
    { ...credentialsFor(options), region, service: "lambkin", now: Date.now() },
  );
  try {
    return await fetch(url, { method: call.method, headers, signal });
  } catch {
    throw new CommandFailure(`no server answers on ${endpoint}; \`lambkin start\` starts one`);
  }
}

/** A call of a service that speaks AWS JSON 1.1. */
export function sendJson(
  options: OptionValues,
  service: string,
  target: string,
  body: unknown,
): Promise<Answer> {
  return send(options, {
    service,
    method: "POST",
    path: "/",
    query: {},
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
    body: Buffer.from(JSON.stringify(body)),
  });
}

function messageOf(text: string): string {
  try {
    const body = JSON.parse(text) as { message?: string; Message?: string };
    return body.message ?? body.Message ?? text;
  } catch {
    return text;
  }
}
