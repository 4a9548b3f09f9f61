/**
 * `npm run verify -- [PART ...] [--minutes N] [--kills N]`: the long versions of crash, fuzz, soak and scale tests. Their results go
 * to docs/RESULTS.md, each part's last one. `PART --only PIECE` runs a piece of a part that has any, and writes nothing.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { PARTS } from "../verify/index.ts";
import { machine, type ResultTable, writeResult } from "./verify/results.ts";

const { values, positionals } = parseArgs({
  options: { minutes: { type: "string" }, kills: { type: "string" }, only: { type: "string" } },
  allowPositionals: true,
});
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
if (minutes !== undefined && !(minutes > 0)) throw new Error("--minutes takes a number above 0");
const kills = values.kills === undefined ? undefined : Number(values.kills);
if (kills !== undefined && !(Number.isInteger(kills) && kills > 0))
  throw new Error("--kills takes a whole number above 0");
for (const name of positionals)
  if (!PARTS.some((part) => part.name === name))
    throw new Error(`there is no part ${name}; there are ${PARTS.map((part) => part.name).join(", ")}`);
const { only } = values;
if (only !== undefined) {
  const pieces = PARTS.find((part) => part.name === positionals[0])?.pieces ?? [];
  if (positionals.length !== 1 || !pieces.includes(only))
    throw new Error(
      `--only takes a piece of the one part that is named: ${pieces.join(", ") || "it has none"}`,
    );
}

let failed = false;
for (const part of PARTS) {
  if (positionals.length > 0 && !positionals.includes(part.name)) continue;
  process.stdout.write(`\n${part.name}: ${part.what}\n`);
  const begun = performance.now();
  let table: ResultTable | undefined;
  // Of what runs: while it does, others may commit.
  const ran = commit();
  const result = await part
    .run({
      minutes: minutes ?? part.minutes,
      ...(kills === undefined ? {} : { kills }),
      ...(only === undefined ? {} : { only }),
      say: (line) => process.stdout.write(`  ${line}\n`),
      table: (heads, rows) => {
        table = { heads, rows };
      },
    })
    .then(
      (report) => ({ ran: report, outcome: "passed" }),
      (error: Error) => {
        failed = true;
        process.stdout.write(`${error.stack ?? error.message}\n`);
        return { ran: error.message.split("\n")[0] ?? "", outcome: "**failed**" };
      },
    );
  const took = `${((performance.now() - begun) / 60_000).toFixed(1)} min`;
  process.stdout.write(`  ${result.outcome}: ${result.ran} (${took})\n`);
  if (only !== undefined) continue;
  writeResult(part.name, {
    what: part.what,
    date: new Date().toISOString().slice(0, 10),
    commit: ran,
    machine: machine(),
    took,
    ...result,
    ...(table === undefined ? {} : { table }),
  });
}
process.exit(failed ? 1 : 0);

function commit(): string {
  return spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
}
