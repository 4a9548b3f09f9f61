import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { startLambkin } from "../testkit/lambkin-server.ts";
import type { Part } from "./part.ts";
import { SoakLoad } from "./soak-load.ts";

const SAMPLE_MS = 2_000;
/** Caches, pools and the heap's generations fill in this share of the time; it is not judged. */
const WARM_UP_SHARE = 0.4;
/** What the trend may add over an hour, as a share of the mean. */
const MOST_GROWTH_AN_HOUR = 0.5;
/** Below this trend the noise of a short run decides. */
const NOISE_MIB = 8;
const NOISE_DESCRIPTORS = 4;

interface Sample {
  readonly hours: number;
  readonly mib: number;
  readonly descriptors: number;
}

export const soak: Part = {
  name: "soak",
  what: "a mixed load that leaves nothing behind; memory and open files of the server must not grow",
  minutes: 10,
  async run({ minutes, say }) {
    await using server = await startLambkin();
    const load = await SoakLoad.open(server.client);
    const ended = new AbortController();
    const running = load.run(ended.signal);
    running.catch(() => ended.abort());
    const samples: Sample[] = [];
    const begun = performance.now();
    while (!ended.signal.aborted && performance.now() - begun < minutes * 60_000) {
      await delay(SAMPLE_MS, undefined, { signal: ended.signal }).catch(() => undefined);
      samples.push({ hours: (performance.now() - begun) / 3_600_000, ...usage(server.pid) });
    }
    ended.abort();
    await running;
    await load.close();
    const judged = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
    const memory = trend(judged, ({ mib }) => mib);
    const files = trend(judged, ({ descriptors }) => descriptors);
    const calls = Object.entries(load.counts).map(([what, count]) => `${count} ${what}`);
    const report =
      `${calls.join(", ")}; resident memory ${memory.mean.toFixed(0)} MiB with ${signed(memory.total)} MiB over the judged ` +
      `${((judged.length * SAMPLE_MS) / 60_000).toFixed(1)} minutes, descriptors ${files.mean.toFixed(0)} with ${signed(files.total)}`;
    say(report);
    if (memory.total > Math.max(NOISE_MIB, memory.mean * MOST_GROWTH_AN_HOUR * memory.hours))
      throw new Error(`memory grows: ${report}`);
    if (files.total > NOISE_DESCRIPTORS) throw new Error(`open files grow: ${report}`);
    return report;
  },
};

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(1)}`;
}

function usage(pid: number): Omit<Sample, "hours"> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    mib: Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1_024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** The straight line of least squares: its mean, and by how much it rises from the first sample to the last. */
function trend(samples: readonly Sample[], figure: (sample: Sample) => number) {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const middle = mean(({ hours }) => hours);
  const level = mean(figure);
  let above = 0;
  let below = 0;
  for (const sample of samples) {
    above += (sample.hours - middle) * (figure(sample) - level);
    below += (sample.hours - middle) ** 2;
  }
  const hours = (samples.at(-1)?.hours ?? 0) - (samples[0]?.hours ?? 0);
  return { mean: level, hours, total: below === 0 ? 0 : (above / below) * hours };
}
