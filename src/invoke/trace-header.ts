import type { Clock, Randomness } from "../base/index.ts";
import { extendLineage } from "./lineage.ts";

const ROOT = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/;
const SAMPLED = /^[01]$/;

/**
 * The tracing header that a function sees: the caller's trace and sampling decision, else a new trace that is not
 * sampled, with the function itself as parent and in the lineage. Fields that are not well formed are not passed on.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
 */
export function traceHeader(
  incoming: string | undefined,
  functionArn: string,
  clock: Pick<Clock, "now">,
  randomness: Pick<Randomness, "hex">,
): string {
  const fields = incoming === undefined ? NO_FIELDS : fieldsOf(incoming);
  const random = randomness.hex(40);
  const epoch = Math.floor(clock.now() / 1_000)
    .toString(16)
    .padStart(8, "0");
  const root = accepted(fields.get("root"), ROOT) ?? `1-${epoch}-${random.slice(16)}`;
  const sampled = accepted(fields.get("sampled"), SAMPLED) ?? "0";
  const lineage = extendLineage(fields.get("lineage"), functionArn);
  return `Root=${root};Parent=${random.slice(0, 16)};Sampled=${sampled};Lineage=${lineage}`;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();

function fieldsOf(header: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of header.split(";", 10)) {
    const separator = field.indexOf("=");
    if (separator > 0)
      fields.set(field.slice(0, separator).trim().toLowerCase(), field.slice(separator + 1).trim());
  }
  return fields;
}

function accepted(value: string | undefined, pattern: RegExp): string | undefined {
  return value !== undefined && pattern.test(value) ? value : undefined;
}
