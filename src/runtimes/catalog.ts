import { createHash } from "node:crypto";
import { cacheDirectory, partitionOf } from "../base/index.ts";
import { listAvailable } from "./availability.ts";
import { withExecWrapper } from "./exec-wrapper.ts";
import { type LanguageFamilies, type LanguageFamily, languageFamilies } from "./families.ts";
import type { Interpreter, InterpreterFamily, Runtime, RuntimeCatalog, RuntimeMatch } from "./interfaces.ts";
import { providedRuntime } from "./provided/provided.ts";
import type { InstalledSdk } from "./sdks/installed.ts";
import { sdkFor } from "./sdks/pinned.ts";
import { RuntimeDirectory } from "./sdks/runtime-directory.ts";

/** Counts the releases of the bootstraps; the number at the end of a runtime version. */
const BOOTSTRAP_RELEASE = 1;

export interface CatalogOptions {
  /** Where bootstraps that have to be compiled are kept. */
  readonly cache?: string;
  /** By name, what `lambkin runtimes install` brought. */
  readonly sdks?: ReadonlyMap<string, InstalledSdk>;
  readonly match?: RuntimeMatch;
}

/** What these interpreters can serve. */
export function createRuntimeCatalog(
  interpreters: readonly Interpreter[],
  { cache = cacheDirectory(), match = "closest", sdks = new Map() }: CatalogOptions = {},
): Omit<RuntimeCatalog, "rescan"> {
  const families = languageFamilies(interpreters, cache);
  const runtimes = new Map<string, Runtime>();
  const sdkOf = (identifier: string) => sdks.get(sdkFor(identifier)?.name ?? "");
  const sdkDirectory: SdkDirectory = (identifier, bootstrap) => {
    const sdk = sdkOf(identifier);
    return sdk === undefined ? undefined : new RuntimeDirectory(cache, bootstrap, sdk);
  };
  /** Identifiers come from callers: only what can be served is kept. */
  const closestFor = (identifier: string): Runtime | undefined => {
    const known = runtimes.get(identifier) ?? runtimeFor(identifier, families, interpreters, sdkDirectory);
    if (known !== undefined) runtimes.set(identifier, known);
    return known;
  };
  const find = (identifier: string): Runtime | undefined => {
    const found = closestFor(identifier);
    return found?.exact === false && match === "exact" ? undefined : found;
  };
  return { find, list: () => listAvailable(closestFor, match, sdkOf) };
}

/** The runtime's directory with its SDK, undefined if none is installed. */
type SdkDirectory = (identifier: string, bootstrap: string) => RuntimeDirectory | undefined;

function runtimeFor(
  identifier: string,
  families: LanguageFamilies,
  interpreters: readonly Interpreter[],
  sdkDirectory: SdkDirectory,
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
      : describe(identifier, family, families[family], line, interpreter, sdkDirectory);
  }
  return providedRuntime(identifier, BOOTSTRAP_RELEASE);
}

/** The same line, else the next newer one, else the newest older one; the newest of a line, and the first of equals. */
function closest(line: number, interpreters: readonly Interpreter[]): Interpreter | undefined {
  const rank = (candidate: Interpreter) =>
    candidate.line >= line ? candidate.line - line : 10_000 + (line - candidate.line);
  return interpreters.toSorted((a, b) => rank(a) - rank(b) || byVersion(b.version, a.version))[0];
}

function byVersion(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

function describe(
  identifier: string,
  family: InterpreterFamily,
  row: LanguageFamily,
  line: number,
  interpreter: Interpreter,
  sdkDirectory: SdkDirectory,
): Runtime {
  const {
    command,
    connected = false,
    forks = false,
    framedLogs = false,
    variables,
    versionText,
    waits,
  } = row;
  const withSdk = sdkDirectory(identifier, row.bootstrapDirectory(interpreter));
  const bootstrapDirectory = withSdk?.path ?? row.bootstrapDirectory(interpreter);
  const prepare = withSdk === undefined ? row.prepare : () => withSdk.prepare();
  const exact = interpreter.line === line;
  const digest = createHash("sha256")
    .update(`${identifier} ${interpreter.version} ${BOOTSTRAP_RELEASE}`)
    .digest("hex");
  return {
    identifier,
    family,
    interpreter,
    exact,
    ...(exact ? {} : { notice: noticeOf(identifier, line, interpreter) }),
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
    connected,
    get waits() {
      return waits?.() ?? false;
    },
    debuggable: row.debug !== undefined,
    forks,
    command: (options) => {
      const plain = command(interpreter, options.memoryMiB, { line, variables: options.variables });
      const { debugPort } = options;
      const own = debugPort === undefined ? plain : (row.debug?.(plain, debugPort) ?? plain);
      return row.wraps === true ? own : withExecWrapper(own, options.variables);
    },
  };
}

function noticeOf(identifier: string, line: number, { family, line: present, version }: Interpreter): string {
  const served = `${identifier} is served by version ${version}`;
  // Of other languages most programs run on an older version, too.
  return family === "dotnet" && present < line
    ? `${served}, which runs programs that were built for it or for older versions`
    : served;
}
