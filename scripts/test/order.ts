/** Test files that take more than ten seconds, the longest first; a whole run prints how long they took. */
const LONG: readonly string[] = [];

/** Puts the files in the order in which they leave no processor idle at the end: those that take long come first. */
export function longestFirst(files: readonly string[]): string[] {
  const rest = files.filter((file) => !LONG.includes(file)).sort();
  return [...LONG.filter((file) => files.includes(file)), ...rest];
}
