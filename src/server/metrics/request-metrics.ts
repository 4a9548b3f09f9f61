import type { AnsweredRequest } from "../../wire/index.ts";
import type { Exposition } from "./exposition.ts";

/** Upper bounds in seconds; an answer may take as long as a function, 15 minutes. */
const BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
] as const;

const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;

interface OperationMetrics {
  readonly classes: Float64Array;
  /** Requests by the first bound that they do not exceed; the last is for those beyond all. */
  readonly buckets: Float64Array;
  seconds: number;
}

/** Counts and times requests by service and operation. */
export class RequestMetrics {
  readonly #services = new Map<string, Map<string, OperationMetrics>>();

  record({ service, operation = "unknown", status, durationMs }: AnsweredRequest): void {
    const metrics = this.#of(service, operation);
    const at = Math.floor(status / 100) - 1;
    metrics.classes[at] = (metrics.classes[at] ?? 0) + 1;
    const seconds = durationMs / 1_000;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket += 1;
    metrics.buckets[bucket] = (metrics.buckets[bucket] ?? 0) + 1;
    metrics.seconds += seconds;
  }

  write(exposition: Exposition): void {
    const requests = "lambkin_requests_total";
    exposition.metric(requests, "counter", "Requests for AWS APIs by the class of their answer's status.");
    for (const { labels, metrics } of this.#all()) {
      for (const [at, status] of STATUS_CLASSES.entries()) {
        const count = metrics.classes[at] ?? 0;
        if (count > 0) exposition.sample(requests, count, { ...labels, status });
      }
    }
    const duration = "lambkin_request_duration_seconds";
    exposition.metric(duration, "histogram", "From a request's head to the head of its answer.");
    for (const { labels, metrics } of this.#all()) {
      let count = 0;
      for (const [at, bound] of [...BOUNDS, Number.POSITIVE_INFINITY].entries()) {
        count += metrics.buckets[at] ?? 0;
        const le = bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound);
        exposition.sample(`${duration}_bucket`, count, { ...labels, le });
      }
      exposition.sample(`${duration}_sum`, metrics.seconds, labels);
      exposition.sample(`${duration}_count`, count, labels);
    }
  }

  #of(service: string, operation: string): OperationMetrics {
    let operations = this.#services.get(service);
    if (operations === undefined) this.#services.set(service, (operations = new Map()));
    let metrics = operations.get(operation);
    if (metrics === undefined) {
      metrics = {
        classes: new Float64Array(STATUS_CLASSES.length),
        buckets: new Float64Array(BOUNDS.length + 1),
        seconds: 0,
      };
      operations.set(operation, metrics);
    }
    return metrics;
  }

  *#all() {
    for (const [service, operations] of this.#services)
      for (const [operation, metrics] of operations) yield { labels: { service, operation }, metrics };
  }
}
