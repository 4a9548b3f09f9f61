import type { Command } from "../command.ts";
import { backup } from "./backup.ts";
import { budget } from "./budget.ts";
import { dev } from "./dev.ts";
import { doctor } from "./doctor.ts";
import { env } from "./env.ts";
import { generateEvent } from "./generate-event.ts";
import { invoke } from "./invoke.ts";
import { logs } from "./logs.ts";
import { queue } from "./queue.ts";
import { reset } from "./reset.ts";
import { restore } from "./restore.ts";
import { runtimes } from "./runtimes.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { usage } from "./usage.ts";

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly Command[] = [
  start,
  dev,
  stop,
  status,
  doctor,
  env,
  invoke,
  generateEvent,
  logs,
  queue,
  runtimes,
  usage,
  budget,
  backup,
  restore,
  reset,
];
