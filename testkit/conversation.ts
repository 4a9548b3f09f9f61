import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "./eventually.ts";

/** With a program that reads commands line by line; ends with it. */
export class Conversation {
  readonly #program: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #output = "";

  constructor(command: string, ...args: readonly string[]) {
    this.#program = spawn(command, args);
    this.#ended = once(this.#program, "close");
    this.#ended.catch((error: Error) => (this.#output += error.message));
    const hear = (chunk: string) => (this.#output += chunk);
    this.#program.stdout.setEncoding("utf8").on("data", hear);
    this.#program.stderr.setEncoding("utf8").on("data", hear);
    this.#program.stdin.on("error", (error) => hear(error.message));
  }

  tell(line: string): void {
    this.#program.stdin.write(`${line}\n`);
  }

  /** Waits until its whole output so far matches. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(
      () => {
        const found = pattern.exec(this.#output);
        if (found === null && this.#program.exitCode !== null) throw new Error(`it ended:\n${this.#output}`);
        return found ?? undefined;
      },
      { what: String(pattern) },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.kill();
    await this.#ended.catch(() => undefined);
  }
}
