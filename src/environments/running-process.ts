import type { Readable } from "node:stream";
import type { EnvironmentLogStream } from "./logs/log-stream.ts";
import { FramedLog, OutputLines } from "./logs/process-log.ts";
import type { ProcessExit, SandboxProcess } from "./sandbox/index.ts";

/** A runtime or an extension while it runs: its output goes to the log, and its end is noted. */
export class RunningProcess {
  readonly #process: SandboxProcess;
  readonly #lines: OutputLines;
  #exit: ProcessExit | undefined;

  constructor(
    kind: "function" | "extension",
    process: SandboxProcess,
    log: EnvironmentLogStream,
    onExit: () => void,
  ) {
    this.#process = process;
    const emit = (message: string) => log.application(kind, message);
    this.#lines = new OutputLines(emit);
    pump(process.output, this.#lines, log);
    if (process.log !== undefined) pump(process.log, new FramedLog(emit), log);
    const ended = (exit: ProcessExit) => {
      this.#exit = exit;
      onExit();
    };
    process.exited.then(ended, () => ended({ outOfMemory: false }));
  }

  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  get output(): Readable {
    return this.#process.output;
  }

  get outputEnded(): boolean {
    return this.output.readableEnded || this.output.destroyed;
  }

  get receivedBytes(): number {
    return this.#lines.receivedBytes;
  }

  signal(name: "SIGTERM" | "SIGKILL"): Promise<void> {
    // What can't be reached any more is dead or about to be killed.
    return this.#process.signal(name).catch(() => undefined);
  }
}

function pump(
  from: Readable,
  to: { write(bytes: Buffer): void; flush(): void },
  log: EnvironmentLogStream,
): void {
  log.track(to);
  from.on("data", (bytes: Buffer) => log.write(to, bytes));
  from.on("error", () => undefined); // What was read so far is all there is.
}
