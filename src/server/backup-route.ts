import path from "node:path";
import { type CallerIdentity, type Clock, type Log, serverLimits, sleep, toError } from "../base/index.ts";
import { backUp } from "../storage/index.ts";
import type { DoorRoute } from "../wire/index.ts";

export interface BackupRouteParts {
  readonly dataDirectory: string;
  /** Its root alone may make backups: they hold every account's data, and the keys. Absent: any root. */
  readonly account: string | undefined;
  /** Keeps what the databases name from deletion until what it resolves to is called. */
  readonly hold: () => Promise<() => Promise<void>>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * `POST /_lambkin/backup?to=PATH` with an absolute path of the server's machine. It may take long, so the answer
 * begins at once and goes on with spaces until its JSON is known: `{"backup":{...}}` or `{"message":"..."}`.
 */
export function backupRoute(parts: BackupRouteParts): DoorRoute {
  let running = false;
  return {
    method: "POST",
    path: "/_lambkin/backup",
    access: "signed",
    async handle(request, response, caller) {
      const target = new URL(request.url ?? "", "http://localhost").searchParams.get("to") ?? "";
      const refusal = refuse(parts, caller, target) ?? (running ? BUSY : undefined);
      response.writeHead(refusal?.status ?? 200, { "content-type": "application/json" });
      if (refusal !== undefined) {
        response.end(JSON.stringify({ message: refusal.message }));
        return;
      }
      response.flushHeaders();
      running = true;
      const done = new AbortController();
      void signOfLife(parts.clock, done.signal, () => response.write(" "));
      let result: unknown;
      try {
        result = { backup: await backUpHeld(parts, target) };
      } catch (thrown) {
        const error = toError(thrown);
        parts.log.warn("a backup failed", { target, error: error.message });
        result = { message: error.message };
      } finally {
        done.abort();
        running = false;
      }
      response.end(JSON.stringify(result));
    },
  };
}

interface Refusal {
  readonly status: number;
  readonly message: string;
}

const BUSY: Refusal = { status: 409, message: "Another backup is being made." };

function refuse(
  { account }: BackupRouteParts,
  caller: CallerIdentity | undefined,
  target: string,
): Refusal | undefined {
  if (caller?.kind !== "root" || caller.account !== (account ?? caller.account))
    return { status: 403, message: "Only the root of the server's own account may make backups." };
  if (!path.isAbsolute(target)) return { status: 400, message: "`to` must be an absolute path." };
  return undefined;
}

async function backUpHeld({ dataDirectory, hold, clock }: BackupRouteParts, target: string) {
  const release = await hold();
  try {
    return await backUp({ dataDirectory, target, createdAt: new Date(clock.now()).toISOString() });
  } finally {
    await release();
  }
}

async function signOfLife(clock: Clock, done: AbortSignal, give: () => void): Promise<void> {
  for (;;) {
    await sleep(clock, serverLimits.backupSignOfLifeMs, done);
    if (done.aborted) return;
    give();
  }
}
