import { type Clock, environmentLimits, type Log } from "../base/index.ts";
import type { Extension } from "./extensions/extension.ts";
import type { ExtensionsApi } from "./extensions/extensions-api.ts";
import type { RunningProcess } from "./running-process.ts";
import type { ProcessExit } from "./sandbox/index.ts";
import type { StateWait } from "./state-wait.ts";

export type ShutdownReason = "spindown" | "timeout" | "failure";

export interface ShutdownOptions {
  readonly runtime: RunningProcess | undefined;
  readonly extensions: ExtensionsApi;
  readonly launched: ReadonlyMap<Extension, RunningProcess>;
  readonly wait: StateWait;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Lets extensions know of the end, and the runtime if there are any, within the time that Lambda gives them. False if
 * nobody had to be told.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
 */
export async function shutDown(options: ShutdownOptions, reason: ShutdownReason): Promise<boolean> {
  const { clock, extensions, launched, log, runtime, wait } = options;
  const budgetMs = shutdownMs(extensions.all);
  if (budgetMs === 0) return false;
  const began = clock.monotonicMs();
  const leftMs = () => budgetMs - (clock.monotonicMs() - began);
  const deadlineMs = clock.now() + budgetMs;
  const gone = () => runtime === undefined || runtime.exit !== undefined;
  if (runtime !== undefined && !gone()) {
    await runtime.signal("SIGTERM");
    await wait.until(gone, budgetMs * environmentLimits.shutdownRuntimeShare, true);
    if (!gone()) {
      await runtime.signal("SIGKILL");
      // A signal that was sent has not yet ended it, and extensions are to hear after its end.
      await wait.until(gone, leftMs(), true);
    }
  }
  const asked = new Set(
    extensions.send("SHUTDOWN", { eventType: "SHUTDOWN", deadlineMs, shutdownReason: reason }),
  );
  const leaving = [...launched].filter(([, { exit }]) => exit === undefined);
  for (const [extension, process] of leaving) if (!asked.has(extension)) await process.signal("SIGKILL");
  await wait.until(() => leaving.every(([, { exit }]) => exit !== undefined), leftMs(), true);
  for (const [extension, { exit }] of leaving) if (asked.has(extension)) left(extension, exit, log);
  return true;
}

/** An extension that was asked to leave has, or is about to be killed. */
function left(extension: Extension, exit: ProcessExit | undefined, log: Log): void {
  extension.state = exit?.code === 0 ? "Exited" : "ShutdownFailed";
  if (exit?.code === 0) return;
  const { name, state } = extension;
  const how = exit === undefined ? "it was still running at its deadline" : crashReason(exit);
  log.info("extension did not shut down", { extension: name, state, how });
}

function shutdownMs(all: readonly Extension[]): number {
  if (all.some(({ external, state }) => external && state !== "Started" && state !== "LaunchError"))
    return environmentLimits.shutdownExternalMs;
  return all.some(({ external }) => !external) ? environmentLimits.shutdownInternalMs : 0;
}

export function crashReason({ code, signal }: ProcessExit): string {
  if (signal !== undefined) return `signal: ${signal}`;
  return code === 0 ? "exit code 0" : `exit status ${code ?? 1}`;
}
