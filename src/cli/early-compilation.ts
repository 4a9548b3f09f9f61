import { setFlagsFromString } from "node:v8";

/**
 * A server runs the same few hundred functions once for each request. V8 waits for thousands of calls before it compiles
 * them well, which suits pages that are soon closed; here most requests of the first minutes would cost twice as much
 * CPU as later ones. https://v8.dev/blog/maglev says what the stages are.
 */
const FLAGS = [
  "--invocation-count-for-maglev=100",
  "--invocation-count-for-turbofan=600",
  "--minimum-invocations-after-ic-update=100",
];

/** The Node.js whose V8 has them: another one would complain of flags that it does not know. */
const NODE = /^24\./;

/** Holds for the whole process from here on. */
export function compileEarly(): void {
  if (!NODE.test(process.versions.node)) return;
  for (const flag of FLAGS) setFlagsFromString(flag);
}
