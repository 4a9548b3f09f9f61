import { dirname, join } from "node:path";
import type { Interpreter } from "../interfaces.ts";
import {
  ask,
  isExecutable,
  isOfTheSystem,
  libraryDirectoriesOf,
  namesIn,
  realpathOf,
  searchPath,
} from "../interpreter-probe.ts";
import type { ProbeMemory } from "../probe-memory.ts";
import { rubyLine } from "./start-ruby.ts";

/** Oldest line that the bootstrap runs on. */
const OLDEST_LINE = 207;

const PROGRAM = /^ruby(\d\.?\d)?$/;
const QUESTION = "puts RUBY_VERSION, RUBY_ENGINE";

/** CRuby on this machine: `ruby` and `ruby3.x` on the PATH, and what rbenv's shims stand for. */
export async function findRubies(memory?: ProbeMemory): Promise<readonly Interpreter[]> {
  const programs = new Map<string, string>();
  for (const directory of searchPath()) {
    const shims = directory.endsWith("/shims");
    const versions = join(directory, "..", "versions");
    const candidates = shims
      ? (await namesIn(versions))
          .toSorted()
          .reverse()
          .map((name) => join(versions, name, "bin", "ruby"))
      : (await namesIn(directory)).filter((name) => PROGRAM.test(name)).map((name) => join(directory, name));
    for (const candidate of candidates) {
      const program = await realpathOf(candidate);
      if (program === undefined || programs.has(program) || !(await isExecutable(program))) continue;
      programs.set(program, shims ? "rbenv" : `${candidate} on the PATH`);
    }
  }
  const found = await Promise.all(
    [...programs].map(([program, foundAs]) => describe(memory, program, foundAs)),
  );
  return found.filter((ruby) => ruby !== undefined);
}

/** Asks without gems and the caller's variables, which is faster and can't run anybody's code. */
async function describe(
  memory: ProbeMemory | undefined,
  program: string,
  foundAs: string,
): Promise<Interpreter | undefined> {
  const answer = await ask(memory, program, "--disable-all", "-e", QUESTION);
  const [version = "", engine] = answer?.trim().split("\n") ?? [];
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+$/.exec(version) ?? [];
  const line = rubyLine(major, minor);
  if (engine !== "ruby" || !(line >= OLDEST_LINE)) return undefined;
  const prefix = dirname(dirname(program));
  const libraries = await libraryDirectoriesOf(memory, program, prefix);
  // A Ruby looks for its library where it was installed to, besides where it lies.
  const libraryDirectories = isOfTheSystem(prefix) ? libraries : [prefix, ...libraries];
  return { family: "ruby", version, line, program, prefix, foundAs, libraryDirectories };
}
