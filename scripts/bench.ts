/**
 * `npm run bench -- [NAME ...] [--json FILE]`: measures, prints a table, writes JSON. Read ratios, not absolutes: the
 * baselines were measured in the same run, on a machine that did the same else.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { BENCHES } from "../bench/index.ts";

const { values: options, positionals: chosen } = parseArgs({
  options: { json: { type: "string" } },
  allowPositionals: true,
});
const unknown = chosen.filter((name) => !BENCHES.some((bench) => isChosen(bench.name, name)));
if (unknown.length > 0) throw new Error(`no bench is called ${unknown.join(" or ")}`);
const loadBefore = os.loadavg()[0] ?? 0;
const results = [];
for (const bench of BENCHES) {
  if (chosen.length > 0 && !chosen.some((name) => isChosen(bench.name, name))) continue;
  process.stdout.write(`\n${bench.name}: ${bench.conditions}\n`);
  const figures = await bench.run();
  for (const { name, unit, value, baseline } of figures) {
    const ours = `${value.toFixed(value < 10 ? 3 : 1)} ${unit}`;
    const theirs = `${baseline.value.toFixed(baseline.value < 10 ? 3 : 1)} ${unit}`;
    process.stdout.write(
      `  ${name.padEnd(46)} ${ours.padStart(14)} ${theirs.padStart(14)}  x ${(value / baseline.value).toFixed(2)}  ${baseline.name}\n`,
    );
  }
  results.push({ name: bench.name, conditions: bench.conditions, figures });
}
const file = path.resolve(
  options.json ?? path.join(import.meta.dirname, "..", "node_modules", ".cache", "lambkin", "bench.json"),
);
mkdirSync(path.dirname(file), { recursive: true });
const machine = {
  system: `${os.type()} ${os.release()}`,
  cpus: os.cpus().map(({ model }) => model),
  node: process.version,
  loadAverage: { before: loadBefore, after: os.loadavg()[0] ?? 0 },
};
writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, results }, null, 2)}\n`);
const { before, after } = machine.loadAverage;
process.stdout.write(`\nload average ${before.toFixed(1)} before, ${after.toFixed(1)} after`);
process.stdout.write(`\nwritten to ${path.relative(process.cwd(), file)}\n`);
process.exit(0);

/** By its name or a part of it, blanks written as they are or as hyphens. */
function isChosen(bench: string, name: string): boolean {
  return bench.includes(name) || bench.replaceAll(" ", "-").includes(name);
}
