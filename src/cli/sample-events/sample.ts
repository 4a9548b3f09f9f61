import { randomBytes, randomUUID } from "node:crypto";

/** What all samples of one call agree on. */
export interface SampleContext {
  readonly account: string;
  readonly region: string;
  readonly now: Date;
  /** What the caller wrote as NAME=VALUE, or the sample's default. */
  readonly value: (name: string) => string;
  readonly uuid: () => string;
  /** Lower-case hexadecimal digits. */
  readonly hex: (digits: number) => string;
  /** Of the context's account and region. */
  readonly arn: (service: string, resource: string) => string;
  /** Lets through what is random here, so that two calls differ like two events. */
  readonly digits: (count: number) => string;
}

/** One event as a source of Lambda's sends it. */
export interface Sample {
  readonly source: string;
  readonly name: string;
  readonly summary: string;
  /** Parameters by name, with their defaults; what depends on them in the event follows them. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly event: (context: SampleContext) => unknown;
}

export function sampleContext(options: {
  readonly account: string;
  readonly region: string;
  readonly now: Date;
  readonly values: Readonly<Record<string, string>>;
}): SampleContext {
  const { account, region, now, values } = options;
  return {
    account,
    region,
    now,
    value: (name) => values[name] ?? "",
    uuid: randomUUID,
    hex: (count) =>
      randomBytes(Math.ceil(count / 2))
        .toString("hex")
        .slice(0, count),
    digits: (count) => Array.from(randomBytes(count), (byte) => byte % 10).join(""),
    arn: (service, resource) => `arn:aws:${service}:${region}:${account}:${resource}`,
  };
}

/** Seconds, as ISO 8601 without milliseconds. */
export function isoSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** `09/Apr/2015:12:34:56 +0000`, as API Gateway writes it. */
export function gatewayTime(time: Date): string {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(time.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${clock} +0000`;
}
