/** Labels of one sample; names are `[a-z_]+`. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Prometheus' text format, version 0.0.4.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export class Exposition {
  readonly #lines: string[] = [];

  /** Begins a metric; its samples follow. */
  metric(name: string, type: "counter" | "gauge" | "histogram", help: string): this {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    return this;
  }

  sample(name: string, value: number, labels: Labels = {}): this {
    const text = Object.entries(labels).map(([label, of]) => `${label}="${escapeLabel(of)}"`);
    this.#lines.push(`${name}${text.length === 0 ? "" : `{${text.join(",")}}`} ${formatNumber(value)}`);
    return this;
  }

  /** A metric with one sample. */
  single(name: string, type: "counter" | "gauge", help: string, value: number): this {
    return this.metric(name, type, help).sample(name, value);
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}
