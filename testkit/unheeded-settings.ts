import { createLog, type Log } from "../src/base/index.ts";

/** A log, and what it was told of settings without effect. */
export interface UnheededSettings {
  readonly log: Log;
  /** The fields of each such line since the last call, without time and level. */
  readonly take: () => Readonly<Record<string, unknown>>[];
}

export function unheededSettings(): UnheededSettings {
  const told: Record<string, unknown>[] = [];
  return {
    log: createLog({
      level: "warn",
      format: "json",
      write(line) {
        const { time: _time, level: _level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
        if (event === "settings without effect") told.push(fields);
      },
    }),
    take: () => told.splice(0),
  };
}
