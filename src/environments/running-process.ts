import type { Readable } from "node:stream";
import type { EnvironmentLogStream } from "./logs/log-stream.ts";
import { FramedLog, type LogWriter, OutputLines } from "./logs/process-log.ts";
import type { OutputPace } from "./output-pace.ts";
import type { ProcessExit, SandboxProcess } from "./sandbox/index.ts";

/** A runtime or an extension while it runs: its output goes to the log, and its end is noted. */
export class RunningProcess {
  readonly #process: SandboxProcess;
  #receivedBytes = 0;
  #exit: ProcessExit | undefined;

  constructor(
    kind: "function" | "extension",
    process: SandboxProcess,
    log: EnvironmentLogStream,
    pace: OutputPace,
    onExit: () => void,
  ) {
    this.#process = process;
    const emit = (message: string) => log.application(kind, message);
    const pump = (from: Readable, to: LogWriter) => {
      log.track(to);
      from.on("data", (bytes: Buffer) => {
        this.#receivedBytes += bytes.length;
        pace.read(from, bytes.length, log.write(to, bytes));
      });
      from.on("error", () => undefined); // What was read so far is all there is.
    };
    pump(process.output, new OutputLines(emit));
    if (process.log !== undefined) pump(process.log, new FramedLog(emit));
    const ended = (exit: ProcessExit) => {
      this.#exit = exit;
      onExit();
    };
    process.exited.then(ended, () => ended({ outOfMemory: false }));
  }

  get exit(): ProcessExit | undefined {
    return this.#exit;
  }

  /** Its output and its framed log, as far as more may come of them. */
  get openOutputs(): readonly Readable[] {
    const { log, output } = this.#process;
    return [output, ...(log === undefined ? [] : [log])].filter(
      ({ destroyed, readableEnded }) => !readableEnded && !destroyed,
    );
  }

  /** All output so far, to tell whether there was more. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  signal(name: "SIGTERM" | "SIGKILL"): Promise<void> {
    // What can't be reached any more is dead or about to be killed.
    return this.#process.signal(name).catch(() => undefined);
  }
}
