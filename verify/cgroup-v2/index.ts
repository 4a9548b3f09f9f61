import path from "node:path";
import { installCompiler } from "../../scripts/setup/compiler.ts";
import { installVirtualMachineTools } from "../../scripts/setup/virtual-machine.ts";
import { compileSpawner, compileZygoteLibrary } from "../../src/environments/sandbox/spawner/compile.ts";
import type { Part } from "../part.ts";
import { runMachine } from "./machine.ts";
import { type News, SET_UPS, type Step } from "./set-ups.ts";

/** A set-up, or one step of it by its number: `systemd`, `root/1`. */
const PIECES = SET_UPS.flatMap(({ name, steps }) => [name, ...steps.map((_, step) => `${name}/${step}`)]);

/** On an idle machine a set-up takes some ten minutes; this one ends what hangs. */
const MOST_MS = 3 * 3_600_000;

export const cgroupV2: Part = {
  name: "cgroup-v2",
  what: "limits and the main job on Debian's kernel with nothing but cgroup v2, in a virtual machine without network",
  minutes: 30,
  pieces: PIECES,
  async run({ say, table, only }) {
    if (process.getuid?.() !== 0) throw new Error("virtiofsd, which shares this machine's files, needs root");
    const cache = path.join(import.meta.dirname, "..", "..", "node_modules", ".cache", "lambkin");
    await installCompiler();
    const tools = await installVirtualMachineTools(cache);
    const compiled = path.join(cache, "spawner");
    await Promise.all([compileSpawner(compiled), compileZygoteLibrary(compiled)]);
    const rows: string[][] = [];
    let failure = "";
    const [wanted, step] = only?.split("/") ?? [];
    for (const setUp of SET_UPS.filter(({ name }) => wanted === undefined || name === wanted)) {
      const outcomes = new Map<number, Outcome>();
      const guest = path.join(import.meta.dirname, "guest.ts");
      await runMachine({
        tools,
        program: [
          ...[setUp.systemd ? "boot" : "run", process.execPath, guest, setUp.name, compiled],
          ...(step === undefined || setUp.systemd ? [] : [step]),
        ],
        mostMs: MOST_MS,
        onLine: (line) => hear(JSON.parse(line) as News, outcomes),
      });
      for (const [index, ran] of setUp.steps.entries()) {
        if (step !== undefined && index !== Number(step)) continue;
        const judged = judge(ran, outcomes.get(index));
        rows.push([setUp.what, nameOf(ran), judged.text]);
        say(`${setUp.name}, ${nameOf(ran)}: ${judged.text}`);
        if (judged.good) continue;
        for (const text of outcomes.get(index)?.lines ?? []) say(`  | ${text}`);
        failure ||= `${setUp.name}, ${nameOf(ran)}: ${judged.text}`;
      }
    }
    table(["server", "what ran", "outcome"], rows);
    if (failure !== "") throw new Error(failure);
    return `${rows.length} steps in ${new Set(rows.map(([what]) => what)).size} machines`;
  },
};

interface Outcome {
  readonly lines: string[];
  code?: number | null;
  seconds?: number;
}

function hear(news: News, outcomes: Map<number, Outcome>): void {
  const outcome = outcomes.get(news.step) ?? { lines: [] };
  outcomes.set(news.step, outcome);
  if ("code" in news) Object.assign(outcome, { code: news.code, seconds: news.seconds });
  else if (news.line !== undefined) outcome.lines.push(news.line);
}

function judge(step: Step, outcome: Outcome | undefined): { readonly good: boolean; readonly text: string } {
  if (outcome?.code === undefined) return { good: false, text: "it did not come to an end" };
  const text = linesOf(outcome);
  const took = `${Math.round(outcome.seconds ?? 0)} s`;
  if (outcome.code !== 0) return { good: false, text: `**ended with ${outcome.code}** (${took})` };
  if ("tests" in step) {
    const passed = Number(/^# pass (\d+)$/m.exec(text)?.[1] ?? 0);
    return { good: passed > 0, text: `${passed} tests passed (${took})` };
  }
  const missing = step.says.filter((pattern) => !pattern.test(text));
  if (missing.length > 0) return { good: false, text: `**does not say** ${missing.join(" and ")}` };
  return { good: true, text: `as expected (${took})` };
}

function linesOf(outcome: Outcome | undefined): string {
  return outcome?.lines.join("\n") ?? "";
}

function nameOf(step: Step): string {
  return "tests" in step ? step.tests.join(", ") : step.name;
}
