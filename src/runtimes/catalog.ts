import { createHash } from "node:crypto";
import { cacheDirectory, partitionOf } from "../base/index.ts";
import { withExecWrapper } from "./exec-wrapper.ts";
import { type LanguageFamilies, type LanguageFamily, languageFamilies } from "./families.ts";
import type {
  Interpreter,
  InterpreterFamily,
  Runtime,
  RuntimeAvailability,
  RuntimeCatalog,
} from "./interfaces.ts";
import { PROVIDED_RUNTIMES, providedRuntime } from "./provided/provided.ts";

/** Counts the releases of the bootstraps; the number at the end of a runtime version. */
const BOOTSTRAP_RELEASE = 1;

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html; older ones are served too, by a later version. */
const MANAGED_RUNTIMES = [
  ...[18, 20, 22, 24, 26].map((line) => `nodejs${line}.x`),
  ...[9, 10, 11, 12, 13, 14, 15].map((line) => `python3.${line}`),
  ...["java8.al2", "java8.al2023", "java11", "java11.al2023", "java17", "java17.al2023", "java21", "java25"],
  ...["3.2", "3.3", "3.4", "4.0"].map((version) => `ruby${version}`),
  ...[6, 8, 10].map((line) => `dotnet${line}`),
];

/** `cache` is where bootstraps that have to be compiled are kept. */
export function createRuntimeCatalog(
  interpreters: readonly Interpreter[],
  cache: string = cacheDirectory(),
): RuntimeCatalog {
  const families = languageFamilies(interpreters, cache);
  const runtimes = new Map<string, Runtime | undefined>();
  const find = (identifier: string): Runtime | undefined => {
    if (!runtimes.has(identifier)) {
      const runtime = runtimeFor(identifier, families, interpreters);
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

function runtimeFor(
  identifier: string,
  families: LanguageFamilies,
  interpreters: readonly Interpreter[],
): Runtime | undefined {
  for (const family of Object.keys(families) as InterpreterFamily[]) {
    const line = families[family].lineOf(identifier);
    if (line === undefined) continue;
    const interpreter = closest(
      line,
      interpreters.filter((candidate) => candidate.family === family),
    );
    return interpreter === undefined
      ? undefined
      : describe(identifier, family, families[family], line, interpreter);
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
  row: LanguageFamily,
  line: number,
  interpreter: Interpreter,
): Runtime {
  const { command, framedLogs = false, prepare, variables, versionText, waits = false } = row;
  const bootstrapDirectory = row.bootstrapDirectory(interpreter);
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
      { source: interpreter.prefix, target: row.prefixInside ?? "/var/lang" },
      { source: bootstrapDirectory, target: "/var/runtime" },
      ...(row.alsoUnderItsOwnPath === true
        ? [{ source: bootstrapDirectory, target: bootstrapDirectory }]
        : []),
      ...interpreter.libraryDirectories.map((directory) => ({ source: directory, target: directory })),
    ],
    ...(prepare === undefined ? {} : { prepare: () => prepare(interpreter) }),
    defaultVariables: variables(line),
    executionEnvironment: `AWS_Lambda_${identifier}`,
    framedLogs,
    waits,
    debuggable: row.debug !== undefined,
    command: (options) => {
      const plain = command(interpreter, options.memoryMiB);
      const { debugPort } = options;
      const own = debugPort === undefined ? plain : (row.debug?.(plain, debugPort) ?? plain);
      return row.wraps === true ? own : withExecWrapper(own, options.variables);
    },
  };
}
