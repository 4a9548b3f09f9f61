import { fileURLToPath } from "node:url";
import type { Interpreter, InterpreterFamily } from "./interfaces.ts";
import { JavaBootstrap } from "./java/compile-bootstrap.ts";
import { javaCommand, javaVariables } from "./java/start-java.ts";
import { nodejsCommand, nodejsVariables } from "./nodejs/start-node.ts";
import { pythonCommand, pythonVariables } from "./python/start-python.ts";
import { rubyCommand, rubyLine, rubyVariables, rubyVersionText } from "./ruby/start-ruby.ts";

/** How one language is started. */
export interface LanguageFamily {
  /** The version line that an identifier names, undefined if it is none of this family. */
  readonly lineOf: (identifier: string) => number | undefined;
  readonly versionText: (line: number) => string;
  /** Becomes `/var/runtime`. */
  readonly bootstrapDirectory: string;
  readonly alsoUnderItsOwnPath?: boolean;
  /** Has to be done before the directory can be used. */
  readonly prepare?: (interpreter: Interpreter) => Promise<void>;
  readonly variables: (line: number) => Readonly<Record<string, string>>;
  /** Whether the bootstrap writes frames to the log's descriptor. */
  readonly framedLogs?: true;
  /** Whether the bootstrap can wait for what it is to serve. */
  readonly waits?: true;
  readonly command: (interpreter: Interpreter, memoryMiB: number) => readonly [string, ...string[]];
}

export type LanguageFamilies = Readonly<Record<InterpreterFamily, LanguageFamily>>;

/** The languages that need an interpreter; a further one is a further row. */
export function languageFamilies(
  interpreters: readonly Interpreter[],
  cacheDirectory: string,
): LanguageFamilies {
  const javas = interpreters.filter(({ family }) => family === "java");
  const java = new JavaBootstrap(
    fileURLToPath(new URL("java/bootstrap", import.meta.url)),
    cacheDirectory,
    javas,
  );
  return {
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
    java: {
      lineOf: (identifier) => lineIn(/^java(\d{1,2})(?:\.al2|\.al2023)?$/, identifier),
      versionText: String,
      bootstrapDirectory: java.directory,
      alsoUnderItsOwnPath: java.showable,
      prepare: (interpreter) => java.prepare(interpreter),
      variables: javaVariables,
      framedLogs: true,
      command: (interpreter, memoryMiB) =>
        javaCommand(interpreter, memoryMiB, {
          directory: java.placeInside,
          archive: java.archive(interpreter),
        }),
    },
  };
}

function lineIn(pattern: RegExp, identifier: string): number | undefined {
  const digits = pattern.exec(identifier)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
