import type { IntervalHistogram } from "node:perf_hooks";
import type { EnvironmentHost } from "../../environments/index.ts";
import type { Invoker } from "../../invoke/index.ts";
import type { Budgets } from "../../metering/index.ts";
import type { EventQueue } from "../../storage/index.ts";
import type { Door, DoorRoute } from "../../wire/index.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { PhaseHolder } from "../phase.ts";
import { EXPOSITION_TYPE, Exposition } from "./exposition.ts";
import type { RequestMetrics } from "./request-metrics.ts";

export interface MetricsParts {
  readonly version: string;
  readonly phase: PhaseHolder;
  readonly requests: RequestMetrics;
  readonly audit: AuditLog | undefined;
  readonly door: () => Pick<Door, "counts">;
  /** Undefined until functions can run. */
  readonly running: () =>
    | { readonly host: Pick<EnvironmentHost, "waiting">; readonly invoker: Pick<Invoker, "counts"> }
    | undefined;
  readonly queue: Pick<EventQueue, "depth">;
  readonly budgets: Pick<Budgets, "counts">;
}

const QUANTILES = [0.5, 0.9, 0.99] as const;

/** `GET /_lambkin/metrics`, what the server does in Prometheus' text format. Names no function, account or caller. */
export function metricsRoute(parts: MetricsParts): DoorRoute {
  const loop = new EventLoopDelay();
  return {
    method: "GET",
    path: "/_lambkin/metrics",
    access: "open",
    async handle(_, response) {
      const exposition = new Exposition();
      exposition
        .metric("lambkin_info", "gauge", "1, with the version of the server.")
        .sample("lambkin_info", 1, { version: parts.version, node: process.version })
        .single("lambkin_ready", "gauge", "1 while requests are welcome.", Number(parts.phase.ready));
      parts.requests.write(exposition);
      writeInvocations(exposition, parts);
      exposition.single(
        "lambkin_queued_events",
        "gauge",
        "Asynchronous invocations that are not settled, due or not.",
        Object.values(await parts.queue.depth()).reduce((sum, count) => sum + count, 0),
      );
      writeBudgets(exposition, parts);
      writeDoor(exposition, parts);
      writeProcess(exposition);
      loop.write(exposition);
      const text = exposition.toString();
      response
        .writeHead(200, { "content-type": EXPOSITION_TYPE, "content-length": Buffer.byteLength(text) })
        .end(text);
    },
  };
}

function writeInvocations(exposition: Exposition, parts: MetricsParts): void {
  const running = parts.running();
  if (running === undefined) return;
  const counts = running.invoker.counts();
  const { environments, starting, busy } = counts;
  const name = "lambkin_environments";
  exposition
    .metric(name, "gauge", "Execution environments.")
    .sample(name, starting, { state: "starting" })
    .sample(name, busy, { state: "busy" })
    .sample(name, Math.max(environments - starting - busy, 0), { state: "idle" })
    .single(
      "lambkin_invocations_in_flight",
      "gauge",
      "Invocations that run or wait for an environment.",
      counts.inFlight,
    )
    .single(
      "lambkin_invocations_waiting",
      "gauge",
      "Invocations that wait for an environment.",
      counts.waiting,
    )
    .single(
      "lambkin_queued_events_unsettled",
      "gauge",
      "Asynchronous invocations that are being worked on.",
      counts.unsettledEvents,
    )
    .single(
      "lambkin_cold_starts_total",
      "counter",
      "Environments that came up for an invocation.",
      counts.coldStarts,
    )
    .single(
      "lambkin_throttles_total",
      "counter",
      "Invocations that were refused for lack of concurrency.",
      counts.throttles,
    )
    .single(
      "lambkin_pool_waiting",
      "gauge",
      "Sandboxes that wait for a function with their interpreter running.",
      running.host.waiting(),
    )
    .metric("lambkin_idle_ended_total", "counter", "Idle environments that were let go, and why.")
    .sample("lambkin_idle_ended_total", counts.idleEnded, { reason: "unwanted" })
    .sample("lambkin_idle_ended_total", counts.idleEvicted, { reason: "room" })
    .single(
      "lambkin_warmed_ahead_total",
      "counter",
      "Environments that were made ahead of an invocation that was expected.",
      counts.warmedAhead,
    )
    .single(
      "lambkin_warmed_ahead_used_total",
      "counter",
      "Of those, the ones that it came to.",
      counts.warmedAheadUsed,
    );
}

function writeBudgets(exposition: Exposition, parts: MetricsParts): void {
  const { budgets, exceeded, alerts } = parts.budgets.counts();
  exposition
    .single("lambkin_budgets", "gauge", "Budgets of all accounts.", budgets)
    .single("lambkin_budgets_exceeded", "gauge", "Budgets that are spent, at the last comparison.", exceeded)
    .single("lambkin_budget_alerts_total", "counter", "Thresholds of budgets that were reached.", alerts);
}

function writeDoor(exposition: Exposition, { door, audit }: MetricsParts): void {
  const { connections, running } = door().counts();
  const name = "lambkin_connections";
  exposition
    .metric(name, "gauge", "Open connections.")
    .sample(name, connections.outside, { from: "outside" })
    .sample(name, connections.sandboxes, { from: "sandboxes" })
    .single("lambkin_requests_running", "gauge", "Requests without a complete answer.", running);
  if (audit !== undefined) {
    exposition.single(
      "lambkin_audit_lines_lost_total",
      "counter",
      "Lines of the audit log that could not be written.",
      audit.dropped,
    );
  }
}

/** The names that Prometheus' own client libraries give these. */
function writeProcess(exposition: Exposition): void {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const startedAt = Date.now() / 1_000 - process.uptime();
  exposition
    .single(
      "process_cpu_seconds_total",
      "counter",
      "User and system time of the server.",
      (user + system) / 1e6,
    )
    .single("process_resident_memory_bytes", "gauge", "Resident memory of the server.", rss)
    .single("nodejs_heap_size_used_bytes", "gauge", "JavaScript heap in use.", heapUsed)
    .single("nodejs_external_memory_bytes", "gauge", "Memory of buffers outside of that heap.", external)
    .single("process_start_time_seconds", "gauge", "When the server started, in Unix time.", startedAt);
}

/** How late timers are. Its own timer costs wake-ups, so it begins with the first question. */
class EventLoopDelay {
  #histogram: IntervalHistogram | undefined;

  write(exposition: Exposition): void {
    if (this.#histogram === undefined) {
      this.#histogram = process.getBuiltinModule("node:perf_hooks").monitorEventLoopDelay();
      this.#histogram.enable();
      return;
    }
    const histogram = this.#histogram;
    const name = "lambkin_event_loop_delay_seconds";
    exposition.metric(name, "gauge", "Lateness of timers since the last question, by quantile.");
    for (const quantile of QUANTILES)
      exposition.sample(name, histogram.percentile(quantile * 100) / 1e9, { quantile: String(quantile) });
    exposition.sample(name, histogram.max / 1e9, { quantile: "1" });
    histogram.reset();
  }
}
