import type { ServerResponse } from "node:http";
import type { CallerIdentity, Clock } from "../base/index.ts";
import type { EnvironmentHost } from "../environments/index.ts";
import type { Invoker } from "../invoke/index.ts";
import type { RuntimeCatalog } from "../runtimes/index.ts";
import type { DoorRoute } from "../wire/index.ts";
import type { PhaseHolder } from "./phase.ts";

export interface RouteParts {
  readonly version: string;
  readonly region: string;
  readonly clock: Clock;
  readonly phase: PhaseHolder;
  /** Resolves once functions can run. */
  readonly running: () => Promise<{
    readonly host: EnvironmentHost;
    readonly invoker: Pick<Invoker, "counts">;
  }>;
  readonly runtimes: RuntimeCatalog;
  /** `running` once a service was opened, `available` before. */
  readonly services: () => Readonly<Record<string, "running" | "available">>;
}

/** The requests that are Lambkin's own, beside the AWS APIs. */
export function serverRoutes(parts: RouteParts): DoorRoute[] {
  const startedAt = parts.clock.now();
  return [
    {
      method: "GET",
      path: "/_lambkin/health",
      access: "open",
      handle: async (_, response) => {
        const { host, invoker } = await parts.running();
        const environments = host.inventory();
        const { idleEnded, idleEvicted, warmedAhead, warmedAheadUsed } = invoker.counts();
        answer(response, {
          status: "running",
          version: parts.version,
          pid: process.pid,
          uptimeSeconds: Math.floor((parts.clock.now() - startedAt) / 1000),
          region: parts.region,
          isolation: host.isolation,
          environments: { total: environments.length, idle: environments.filter(({ idle }) => idle).length },
          pool: { waiting: host.waiting() },
          keepAlive: { idleEnded, idleEvicted, warmedAhead, warmedAheadUsed },
          services: parts.services(),
        });
      },
    },
    {
      // Answers as long as the process can answer anything.
      method: "GET",
      path: "/_lambkin/live",
      access: "open",
      handle: (_, response) => answer(response, { status: "live" }),
    },
    {
      method: "GET",
      path: "/_lambkin/runtimes",
      access: "signed",
      handle: (_, response, caller) => {
        if (isOperator(caller)) answer(response, { runtimes: parts.runtimes.list() });
        else refuse(response);
      },
    },
    {
      // Looks anew for what serves each runtime.
      method: "POST",
      path: "/_lambkin/runtimes",
      access: "signed",
      handle: async (_, response, caller) => {
        if (!isOperator(caller)) {
          refuse(response);
          return;
        }
        await parts.runtimes.rescan();
        answer(response, { runtimes: parts.runtimes.list() });
      },
    },
    {
      // For load balancers: 200 while requests are welcome, 503 before and after.
      method: "GET",
      path: "/_lambkin/ready",
      access: "open",
      handle: (_, response) =>
        answer(response, { status: parts.phase.current }, parts.phase.ready ? 200 : 503),
    },
    {
      // Scripts written for LocalStack wait for this address before they go on.
      method: "GET",
      path: "/_localstack/health",
      access: "open",
      handle: (_, response) =>
        answer(response, { services: parts.services(), edition: "lambkin", version: parts.version }),
    },
  ];
}

/** Functions, whose callers are roles, need not know the machine. */
function isOperator(caller: CallerIdentity | undefined): boolean {
  return caller?.kind === "root" || caller?.kind === "user";
}

function refuse(response: ServerResponse): void {
  answer(response, { message: "The request is not signed by somebody who may." }, 403);
}

function answer(response: ServerResponse, body: unknown, status = 200): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}
