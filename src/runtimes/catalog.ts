import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { partitionOf } from "../base/index.ts";
import { withExecWrapper } from "./exec-wrapper.ts";
import type {
  Interpreter,
  InterpreterFamily,
  Runtime,
  RuntimeAvailability,
  RuntimeCatalog,
} from "./interfaces.ts";
import { nodejsCommand, nodejsVariables } from "./nodejs/start-node.ts";
import { PROVIDED_RUNTIMES, providedRuntime } from "./provided/provided.ts";
import { pythonCommand, pythonVariables } from "./python/start-python.ts";
import { rubyCommand, rubyLine, rubyVariables, rubyVersionText } from "./ruby/start-ruby.ts";

/** Counts the releases of the bootstraps; the number at the end of a runtime version. */
const BOOTSTRAP_RELEASE = 1;

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html; older ones are served too, by a later version. */
const MANAGED_RUNTIMES = [
  ...[18, 20, 22, 24, 26].map((line) => `nodejs${line}.x`),
  ...[9, 10, 11, 12, 13, 14, 15].map((line) => `python3.${line}`),
  ...["3.2", "3.3", "3.4", "4.0"].map((version) => `ruby${version}`),
];

/** How one language family is started; a further family is a further row. */
const FAMILIES: Readonly<
  Record<
    InterpreterFamily,
    {
      /** The version line that an identifier names, undefined if it is none of this family. */
      readonly lineOf: (identifier: string) => number | undefined;
      readonly versionText: (line: number) => string;
      readonly bootstrapDirectory: string;
      readonly variables: (line: number) => Readonly<Record<string, string>>;
      /** Whether the bootstrap writes frames to the log's descriptor. */
      readonly framedLogs?: true;
      /** Whether the bootstrap can wait for what it is to serve. */
      readonly waits?: true;
      readonly command: (interpreter: Interpreter, memoryMiB: number) => readonly [string, ...string[]];
    }
  >
> = {
  nodejs: {
    lineOf: (identifier) => lineIn(/^nodejs(\d{1,3})\.x$/, identifier),
    versionText: String,
    bootstrapDirectory: fileURLToPath(new URL("nodejs/bootstrap", import.meta.url)),
    variables: nodejsVariables,
    waits: true,
    command: nodejsCommand,
  },
  python: {
    lineOf: (identifier) => lineIn(/^python3\.(\d{1,3})$/, identifier),
    versionText: (line) => `3.${line}`,
    bootstrapDirectory: fileURLToPath(new URL("python/bootstrap", import.meta.url)),
    variables: pythonVariables,
    waits: true,
    command: pythonCommand,
  },
  ruby: {
    lineOf: (identifier) => {
      const [, major, minor] = /^ruby(\d)\.(\d)$/.exec(identifier) ?? [];
      return major === undefined ? undefined : rubyLine(major, minor);
    },
    versionText: rubyVersionText,
    bootstrapDirectory: fileURLToPath(new URL("ruby/bootstrap", import.meta.url)),
    variables: rubyVariables,
    framedLogs: true,
    command: rubyCommand,
  },
};

export function createRuntimeCatalog(interpreters: readonly Interpreter[]): RuntimeCatalog {
  const runtimes = new Map<string, Runtime | undefined>();
  const find = (identifier: string): Runtime | undefined => {
    if (!runtimes.has(identifier)) {
      const runtime = runtimeFor(identifier, interpreters);
      // Identifiers come from callers: only what can be served is kept.
      if (runtime === undefined) return undefined;
      runtimes.set(identifier, runtime);
    }
    return runtimes.get(identifier);
  };
  return {
    find,
    list: () =>
      [...MANAGED_RUNTIMES, ...PROVIDED_RUNTIMES].map((identifier) =>
        availability(identifier, find(identifier)),
      ),
  };
}

function availability(identifier: string, runtime: Runtime | undefined): RuntimeAvailability {
  if (runtime === undefined) {
    return { identifier, available: false, exact: false, version: "", detail: "no interpreter found" };
  }
  const { exact, interpreter, notice } = runtime;
  if (interpreter === undefined) {
    return { identifier, available: true, exact, version: "", detail: "the function's own bootstrap" };
  }
  const detail = notice ?? `${interpreter.program} (${interpreter.foundAs})`;
  return { identifier, available: true, exact, version: interpreter.version, detail };
}

function runtimeFor(identifier: string, interpreters: readonly Interpreter[]): Runtime | undefined {
  for (const family of Object.keys(FAMILIES) as InterpreterFamily[]) {
    const line = FAMILIES[family].lineOf(identifier);
    if (line === undefined) continue;
    const interpreter = closest(
      line,
      interpreters.filter((candidate) => candidate.family === family),
    );
    return interpreter === undefined ? undefined : describe(identifier, family, line, interpreter);
  }
  return providedRuntime(identifier, BOOTSTRAP_RELEASE);
}

/** The same line, else the next newer one, else the newest older one; the first that was found among equals. */
function closest(line: number, interpreters: readonly Interpreter[]): Interpreter | undefined {
  const rank = (candidate: Interpreter) =>
    candidate.line >= line ? candidate.line - line : 10_000 + (line - candidate.line);
  return interpreters.toSorted((a, b) => rank(a) - rank(b))[0];
}

function describe(
  identifier: string,
  family: InterpreterFamily,
  line: number,
  interpreter: Interpreter,
): Runtime {
  const {
    bootstrapDirectory,
    command,
    framedLogs = false,
    variables,
    versionText,
    waits = false,
  } = FAMILIES[family];
  const exact = interpreter.line === line;
  const digest = createHash("sha256")
    .update(`${identifier} ${interpreter.version} ${BOOTSTRAP_RELEASE}`)
    .digest("hex");
  return {
    identifier,
    family,
    interpreter,
    exact,
    ...(exact ? {} : { notice: `${identifier} is served by version ${interpreter.version}` }),
    runtimeVersion: `${family}:${versionText(line)}.v${BOOTSTRAP_RELEASE}`,
    runtimeVersionArn: (region) => `arn:${partitionOf(region)}:lambda:${region}::runtime:${digest}`,
    mounts: [
      { source: interpreter.prefix, target: "/var/lang" },
      { source: bootstrapDirectory, target: "/var/runtime" },
      ...interpreter.libraryDirectories.map((directory) => ({ source: directory, target: directory })),
    ],
    defaultVariables: variables(line),
    executionEnvironment: `AWS_Lambda_${identifier}`,
    framedLogs,
    waits,
    command: (options) => withExecWrapper(command(interpreter, options.memoryMiB), options.variables),
  };
}

function lineIn(pattern: RegExp, identifier: string): number | undefined {
  const digits = pattern.exec(identifier)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
