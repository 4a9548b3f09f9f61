import { mkdir, readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * What programs once said of themselves, kept in a file under their path, size and time of change: a start need not
 * run them all again. A file that is damaged or can't be written only makes starts slower.
 */
export class ProbeMemory {
  readonly #file: string;
  readonly #known: Promise<Readonly<Record<string, unknown>>>;
  readonly #used: Record<string, string> = {};
  #changed = false;

  constructor(file: string) {
    this.#file = file;
    this.#known = readAnswers(file);
  }

  /** The answer that is known and `holds`, or what `ask` finds; undefined is not remembered. */
  async recall(
    program: string,
    question: string,
    ask: () => Promise<string | undefined>,
    holds: (answer: string) => Promise<boolean> = async () => true,
  ): Promise<string | undefined> {
    const key = await keyOf(program, question);
    if (key === undefined) return ask();
    const known = (await this.#known)[key];
    if (typeof known === "string" && (await holds(known))) {
      this.#used[key] = known;
      return known;
    }
    const answer = await ask();
    if (answer !== undefined) {
      this.#used[key] = answer;
      this.#changed = true;
    }
    return answer;
  }

  /** Keeps what was asked since the memory was made, and forgets the rest. */
  async save(): Promise<void> {
    const forgotten = Object.keys(await this.#known).some((key) => !(key in this.#used));
    if (!this.#changed && !forgotten) return;
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      const temporary = `${this.#file}.${process.pid}`;
      await writeFile(temporary, JSON.stringify(this.#used), { mode: 0o600 });
      await rename(temporary, this.#file);
    } catch {
      // The next start asks again.
    }
  }
}

async function keyOf(program: string, question: string): Promise<string | undefined> {
  try {
    const place = await realpath(program);
    const { size, mtimeMs, ino } = await stat(place);
    return [question, place, size, mtimeMs, ino].join("\n");
  } catch {
    return undefined;
  }
}

async function readAnswers(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const answers: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof answers === "object" && answers !== null ? { ...answers } : {};
  } catch {
    return {};
  }
}
