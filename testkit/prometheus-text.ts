import assert from "node:assert/strict";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\+Inf|-Inf|NaN|-?[0-9.e+-]+)$`);

export interface Metrics {
  /** The sample with exactly these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/**
 * Reads Prometheus' text format strictly: every sample belongs to the metric announced last, and histograms
 * are cumulative. https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function readMetrics(text: string): Metrics {
  assert.ok(text.endsWith("\n"), "the last line has no end");
  const values = new Map<string, number>();
  const announced = new Set<string>();
  let current: { readonly name: string; readonly type: string } | undefined;
  let bucket = 0;
  for (const line of text.trimEnd().split("\n")) {
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line);
    if (type !== null) {
      current = { name: type[1] ?? "", type: type[2] ?? "" };
      assert.ok(!announced.has(current.name), `${current.name} is announced twice`);
      announced.add(current.name);
      continue;
    }
    if (new RegExp(`^# HELP ${NAME} .+$`).test(line)) continue;
    const sample = SAMPLE.exec(line);
    assert.ok(sample !== null, `no line of the format: ${line}`);
    const [, name = "", labels = "", value = ""] = sample;
    const suffixes = current?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    assert.ok(
      suffixes.some((suffix) => name === `${current?.name}${suffix}`),
      `${name} is not announced`,
    );
    const key = `${name}{${labels.split(",").sort().join(",")}}`;
    assert.ok(!values.has(key), `${key} is there twice`);
    const number = value.endsWith("Inf") ? Number(value.replace("Inf", "Infinity")) : Number(value);
    if (name.endsWith("_bucket")) {
      assert.ok(number >= bucket, `${line} is less than the bucket before`);
      bucket = labels.includes('le="+Inf"') ? 0 : number;
    }
    values.set(key, number);
  }
  return {
    value(name, labels = {}) {
      const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      return values.get(`${name}{${text.sort().join(",")}}`);
    },
  };
}
