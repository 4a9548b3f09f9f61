import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { startLambkin } from "../testkit/lambkin-server.ts";
import type { Figure } from "./figure.ts";
import { createFunctions, firstInvocation } from "./pool-calls.ts";
import type { PooledFamily } from "./pool-functions.ts";

/** Idle environments whose memory is looked at, after they had time to settle. */
export const IDLE = 30;
const SETTLE_MS = 4_000;

/**
 * Proportional set size of all processes of an idle environment, against the bare interpreter that sleeps, as it is and
 * with what the function loads.
 */
export async function idleMemory(family: PooledFamily): Promise<Figure[]> {
  if (family.bare === undefined) return [];
  const [bare, loaded] = [family.bare.idle, family.bare.loaded].map(([program, ...rest]) =>
    Array.from({ length: IDLE }, () => spawn(program, rest, { stdio: "ignore" })),
  ) as [ChildProcess[], ChildProcess[]];
  await using server = await startLambkin();
  const names = Array.from({ length: IDLE }, (_, n) => `idle-${n}`);
  await createFunctions(server, family, names);
  try {
    for (const name of names) await firstInvocation(server, name);
    await setTimeout(SETTLE_MS);
    const processes = descendants(server.pid);
    const runtimes = processes.filter(({ command }) => command.includes("/var/runtime/bootstrap."));
    const sum = (pids: readonly (number | undefined)[]) =>
      pids.reduce((total: number, pid) => total + (pid === undefined ? 0 : proportionalMiB(pid)), 0);
    const eachMiB = sum(processes.map(({ pid }) => pid)) / runtimes.length;
    const [bareMiB, loadedMiB] = [bare, loaded].map(
      (children) => sum(children.map(({ pid }) => pid)) / children.length,
    ) as [number, number];
    return [
      {
        name: `${family.runtime}, idle environments in a GiB`,
        unit: "of",
        value: 1_024 / eachMiB,
        baseline: { name: "bare interpreters", value: 1_024 / bareMiB },
      },
      {
        name: `${family.runtime}, an idle environment`,
        unit: "MiB",
        value: eachMiB,
        baseline: { name: "the bare interpreter", value: bareMiB },
      },
      {
        name: `${family.runtime}, an idle environment`,
        unit: "MiB",
        value: eachMiB,
        baseline: { name: "the bare interpreter with the modules of the function", value: loadedMiB },
      },
    ];
  } finally {
    for (const child of [...bare, ...loaded]) child.kill("SIGKILL");
  }
}

function descendants(root: number): { readonly pid: number; readonly command: string }[] {
  const found: { readonly pid: number; readonly command: string }[] = [];
  const visit = (pid: number): void => {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
      for (const child of children === "" ? [] : children.split(" ").map(Number)) {
        const command = readFileSync(`/proc/${child}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        found.push({ pid: child, command });
        visit(child);
      }
    }
  };
  visit(root);
  return found;
}

function proportionalMiB(pid: number): number {
  const [, kib] = /^Pss: *(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(kib) / 1_024;
}
