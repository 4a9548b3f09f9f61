import type { LogEvent } from "./log-events.ts";

/**
 * Tells the lines of one request: those that name it, and those between its START and END in its stream, because not
 * every runtime writes the id beside what a function prints.
 */
export class RequestLines {
  readonly #id: string;
  readonly #current = new Map<string, boolean>();

  constructor(id: string) {
    this.#id = id;
  }

  has({ message, logStreamName }: LogEvent): boolean {
    const names = message.includes(this.#id);
    const started = /^START RequestId: (\S+)/.exec(message)?.[1] ?? startOf(message);
    if (started !== undefined) this.#current.set(logStreamName, started === this.#id);
    const within = this.#current.get(logStreamName) === true;
    if (message.startsWith("END RequestId: ") || message.includes('"type":"platform.report"')) {
      this.#current.delete(logStreamName);
    }
    return names || within;
  }
}

function startOf(message: string): string | undefined {
  if (!message.includes('"platform.start"')) return undefined;
  try {
    const { record } = JSON.parse(message) as { record?: { requestId?: string } };
    return record?.requestId;
  } catch {
    return undefined;
  }
}
