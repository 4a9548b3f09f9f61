import type { Part } from "../part.ts";
import { backlog } from "./backlog.ts";
import { burst } from "./burst.ts";
import { connections } from "./connections.ts";
import { manyFunctions } from "./functions.ts";
import { payloads } from "./payloads.ts";

export const scale: Part = {
  name: "scale",
  what: "many functions, environments, queued events, connections and bytes at once, and a restart with them",
  minutes: 4,
  async run(context) {
    const done: string[] = [];
    for (const run of [burst, backlog, connections, payloads, manyFunctions]) {
      done.push(await run(context));
      context.say(done.at(-1) ?? "");
    }
    return done.join("; ");
  },
};
