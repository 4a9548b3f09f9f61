import { createLog, systemClock } from "../base/index.ts";
import { layGroundwork } from "./groundwork.ts";
import type { RunningServer, ServerOptions } from "./options.ts";
import { Teardown } from "./teardown.ts";

/** Starts a server. Rejects with a sentence for people; nothing is left running then. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const log = createLog({
    level: options.logLevel,
    format: options.logFormat,
    write: (line) => process.stderr.write(line),
  });
  const teardown = new Teardown(log, systemClock);
  try {
    const laying = layGroundwork(options, log, teardown);
    laying.catch(() => undefined);
    const { assemble } = await import("./assemble.ts");
    const groundwork = await laying;
    return await assemble(options, groundwork);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
