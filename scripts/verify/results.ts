import { existsSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const FILE = path.join(import.meta.dirname, "..", "..", "docs", "RESULTS.md");

const HEAD = `# Results

What was measured last, subject by subject, and under which conditions.

- Sections with an outcome are written by \`npm run verify\`, which replaces a part's section whenever the part ran.
  \`npm test\` runs the same tests for seconds. \`npm run verify -- crash\` runs one part, \`--minutes N\` sets its length,
  \`--kills N\` how often it kills a server.
- The others are written by hand, with the figures of \`npm run bench -- NAME\`.
- "x" is a ratio to the baseline beside it, "wanted" what was aimed at.
- Load averages tell how much else the machine did. A "CPU cgroup with 200 times the usual share" keeps that off what is
  measured, as far as that can be done.

Subjects:
`;

export interface ResultTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Result {
  readonly what: string;
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly took: string;
  readonly ran: string;
  readonly outcome: string;
  readonly table?: ResultTable;
}

/** Puts a part's result in the place of its last one. */
export function writeResult(part: string, result: Result): void {
  const sections = new Map<string, string>();
  const text = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
  for (const section of text.split(/^## /m).slice(1)) {
    const end = section.indexOf("\n");
    sections.set(section.slice(0, end), section.slice(end + 1).trim());
  }
  sections.set(
    part,
    [
      `${result.what[0]?.toUpperCase()}${result.what.slice(1)}.`,
      "",
      "| | |",
      "|---|---|",
      `| outcome | ${result.outcome} |`,
      `| took | ${result.took} |`,
      `| date, commit | ${result.date}, ${result.commit} |`,
      `| machine | ${result.machine} |`,
      "",
      ...piecesOf(result.ran),
      ...(result.table === undefined ? [] : ["", ...linesOf(result.table)]),
    ].join("\n"),
  );
  const contents = [...sections.keys()].map((name) => `- [${name}](#${name.replaceAll(" ", "-")})\n`);
  const body = [...sections].map(([name, section]) => `## ${name}\n\n${section}\n`);
  writeFileSync(FILE, [HEAD, contents.join(""), ...body].join("\n"));
}

/** What ran, by its semicolons, as a list. */
function piecesOf(ran: string): string[] {
  return ran.split("; ").map((piece) => `- ${piece}`);
}

function linesOf({ heads, rows }: ResultTable): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)];
}

/** The machine in words that say what figures mean, and how much else it was doing. */
export function machine(): string {
  const gib = Math.round(os.totalmem() / 2 ** 30);
  const load = os.loadavg()[1] ?? 0;
  return `${os.type()} ${os.release().split(".").slice(0, 2).join(".")}, ${os.availableParallelism()} cores, ${gib} GiB, Node.js ${process.version}; load average ${load.toFixed(1)}`;
}
