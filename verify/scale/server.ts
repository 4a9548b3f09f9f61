import type { LambkinServer } from "../../testkit/lambkin-server.ts";
import { type Metrics, readMetrics } from "../../testkit/prometheus-text.ts";

export async function metricsOf({ endpoint }: LambkinServer): Promise<Metrics> {
  return readMetrics(await (await fetch(`${endpoint}/_lambkin/metrics`)).text());
}
