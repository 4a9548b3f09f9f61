import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { EnvironmentWorld, FunctionOptions, Invoked, RunningFunction } from "./environment-world.ts";

/** A runtime client of AWS that takes the place of our own program, by AWS_LAMBDA_EXEC_WRAPPER. */
export interface OtherClient {
  /** A line of a shell that becomes the client; `$1` is the interpreter. */
  readonly command: string;
  readonly layersDirectory: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** The same function under our own program and under the client, both used alike: what is observed has to be alike. */
export async function assertBothAlike(
  world: EnvironmentWorld,
  options: FunctionOptions,
  client: OtherClient,
  observe: (one: RunningFunction, whose: "ours" | "theirs") => Promise<Observations>,
): Promise<void> {
  const [ours, theirs] = await Promise.all([
    world.start(options),
    world.start({
      ...options,
      files: { ...options.files, ...client.files, wrapper: `#!/bin/sh\nexec ${client.command}\n` },
      executables: ["wrapper"],
      environment: {
        ...options.environment,
        ...client.environment,
        AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper",
      },
      settings: { ...options.settings, layersDirectory: client.layersDirectory },
    }),
  ]);
  const [our, their] = await Promise.all([observe(ours, "ours"), observe(theirs, "theirs")]);
  // There are many: they would only take memory until the world ends.
  await Promise.all([ours, theirs].map(({ environment }) => environment.retire()));
  assertAlike(our, their);
}

export interface Seen {
  readonly status: string;
  readonly text: string;
  readonly log: string;
}

/** What callers and readers of the log get to know, without what differs between any two invocations. */
export function seen(
  { text, log, outcome }: Invoked,
  normalize: (text: string) => string = (same) => same,
): Seen {
  return { status: outcome.status, text: normalize(normalized(text)), log: linesOf(log, normalize) };
}

/** What is printed and what is logged take ways of their own, so that only the lines of each are in order. */
export function linesOf(
  log: readonly string[],
  normalize: (text: string) => string = (same) => same,
): string {
  return log
    .filter(ofFunction)
    .flatMap((line) => normalize(normalized(line)).split(/[\r\n]/))
    .toSorted()
    .join("\n");
}

/** Whether an event of the log is the function's, and not the platform's. */
export function ofFunction(line: string): boolean {
  return !/^(INIT_START|INIT_REPORT|START|END|REPORT|XRAY) |^\{"time":/.test(line);
}

/** Without what differs between any two invocations. */
export function normalized(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, "TIME")
    .replaceAll(/\bfunction-\d+\b/g, "FUNCTION")
    .replaceAll(/0x[0-9a-f]{6,}/g, "ADDRESS");
}

/** What was seen of each case, by its name. */
type Observations = Readonly<Record<string, unknown>>;

/** Fails with all cases in which the two differ. */
function assertAlike(ours: Observations, theirs: Observations): void {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  const different = names.filter((name) => !isDeepStrictEqual(ours[name], theirs[name]));
  const only = (all: Observations) => Object.fromEntries(different.map((name) => [name, all[name]]));
  assert.deepEqual(only(ours), only(theirs));
}
