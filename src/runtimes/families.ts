import { fileURLToPath } from "node:url";
import { DotnetBootstrap } from "./dotnet/compile-bootstrap.ts";
import {
  DOTNET_INSIDE,
  dotnetCommand,
  dotnetLine,
  dotnetVariables,
  dotnetVersionText,
} from "./dotnet/start-dotnet.ts";
import type { Interpreter, InterpreterFamily } from "./interfaces.ts";
import { JavaBootstrap } from "./java/compile-bootstrap.ts";
import { javaCommand, javaVariables } from "./java/start-java.ts";
import { NodejsBootstrap } from "./nodejs/bundle-bootstrap.ts";
import { nodejsCommand, nodejsVariables } from "./nodejs/start-node.ts";
import { pythonCommand, pythonVariables } from "./python/start-python.ts";
import { rubyCommand, rubyLine, rubyVariables, rubyVersionText } from "./ruby/start-ruby.ts";

/** How one language is started. */
export interface LanguageFamily {
  /** The version line that an identifier names, undefined if it is none of this family. */
  readonly lineOf: (identifier: string) => number | undefined;
  readonly versionText: (line: number) => string;
  /** Where the interpreter's prefix appears inside; `/var/lang` if it doesn't say. */
  readonly prefixInside?: string;
  /** Becomes `/var/runtime`. */
  readonly bootstrapDirectory: (interpreter: Interpreter) => string;
  readonly alsoUnderItsOwnPath?: boolean;
  /** Has to be done before the directory can be used. */
  readonly prepare?: (interpreter: Interpreter) => Promise<void>;
  readonly variables: (line: number) => Readonly<Record<string, string>>;
  /** Whether the bootstrap writes frames to the log's descriptor. */
  readonly framedLogs?: true;
  /** Whether the bootstrap takes a connection that it is started with. */
  readonly connected?: true;
  /** Whether the bootstrap can wait for what it is to serve. */
  readonly waits?: () => boolean;
  /** Whether the command itself starts AWS_LAMBDA_EXEC_WRAPPER. */
  readonly wraps?: true;
  /** Whether it can be forked while it waits. */
  readonly forks?: true;
  readonly command: (interpreter: Interpreter, memoryMiB: number, asked: AskedFor) => Command;
  /** The command with a debugger's door at a port. */
  readonly debug?: (command: Command, port: number) => Command;
}

type Command = readonly [string, ...string[]];

/** The version line of the function's identifier, which another one may serve, and the function's variables. */
interface AskedFor {
  readonly line: number;
  readonly variables: Readonly<Record<string, string>>;
}

export type LanguageFamilies = Readonly<Record<InterpreterFamily, LanguageFamily>>;

/** The languages that need an interpreter; a further one is a further row. */
export function languageFamilies(
  interpreters: readonly Interpreter[],
  cacheDirectory: string,
): LanguageFamilies {
  const of = (name: InterpreterFamily) => interpreters.filter(({ family }) => family === name);
  const java = new JavaBootstrap(
    fileURLToPath(new URL("java/bootstrap", import.meta.url)),
    { cache: cacheDirectory, prebuilt: fileURLToPath(new URL("java/prebuilt", import.meta.url)) },
    of("java"),
  );
  const dotnet = new DotnetBootstrap(
    fileURLToPath(new URL("dotnet/bootstrap", import.meta.url)),
    { cache: cacheDirectory, prebuilt: fileURLToPath(new URL("dotnet/prebuilt", import.meta.url)) },
    of("dotnet"),
  );
  const nodejs = new NodejsBootstrap(fileURLToPath(new URL("nodejs/bootstrap", import.meta.url)), {
    cache: cacheDirectory,
    prebuilt: fileURLToPath(new URL("nodejs/prebuilt", import.meta.url)),
  });
  const pythonBootstrap = fileURLToPath(new URL("python/bootstrap", import.meta.url));
  const rubyBootstrap = fileURLToPath(new URL("ruby/bootstrap", import.meta.url));
  return {
    nodejs: {
      lineOf: (identifier) => lineIn(/^nodejs(\d{1,3})\.x$/, identifier),
      versionText: String,
      bootstrapDirectory: () => nodejs.directory,
      variables: nodejsVariables,
      framedLogs: true,
      connected: true,
      waits: () => true,
      command: nodejsCommand,
      debug: ([program, ...rest], port) => [program, `--inspect=127.0.0.1:${port}`, ...rest],
    },
    python: {
      lineOf: (identifier) => lineIn(/^python3\.(\d{1,3})$/, identifier),
      versionText: (line) => `3.${line}`,
      bootstrapDirectory: () => pythonBootstrap,
      variables: pythonVariables,
      framedLogs: true,
      waits: () => true,
      forks: true,
      command: pythonCommand,
      debug: ([program], port) => [
        program,
        "-u",
        "-Xfrozen_modules=off",
        "/var/runtime/debug.py",
        String(port),
      ],
    },
    ruby: {
      lineOf: (identifier) => {
        const [, major, minor] = /^ruby(\d)\.(\d)$/.exec(identifier) ?? [];
        return major === undefined ? undefined : rubyLine(major, minor);
      },
      versionText: rubyVersionText,
      bootstrapDirectory: () => rubyBootstrap,
      variables: rubyVariables,
      framedLogs: true,
      waits: () => true,
      forks: true,
      command: rubyCommand,
    },
    java: {
      lineOf: (identifier) => lineIn(/^java(\d{1,2})(?:\.al2|\.al2023)?$/, identifier),
      versionText: String,
      bootstrapDirectory: () => java.directory,
      alsoUnderItsOwnPath: java.showable,
      prepare: (interpreter) => java.prepare(interpreter),
      variables: javaVariables,
      framedLogs: true,
      waits: () => java.waits,
      debug: ([program, ...rest], port) => [
        program,
        `-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y,address=127.0.0.1:${port}`,
        ...rest,
      ],
      command: (interpreter, memoryMiB) =>
        javaCommand(interpreter, memoryMiB, {
          directory: java.placeInside,
          archive: java.archive(interpreter),
        }),
    },
    dotnet: {
      lineOf: dotnetLine,
      versionText: dotnetVersionText,
      prefixInside: DOTNET_INSIDE,
      bootstrapDirectory: (interpreter) => dotnet.directory(interpreter),
      prepare: (interpreter) => dotnet.prepare(interpreter),
      variables: dotnetVariables,
      framedLogs: true,
      wraps: true,
      command: dotnetCommand,
    },
  };
}

function lineIn(pattern: RegExp, identifier: string): number | undefined {
  const digits = pattern.exec(identifier)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
