import { fail } from "./errors.ts";

/**
 * Filter patterns for unstructured text: terms, "quoted phrases", -excluded and ?optional ones.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compilePattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => true;
  if (/^[{[%]/.test(text)) {
    throw fail("InvalidParameterException", {
      with: "Lambkin matches filter patterns of terms; JSON, space-delimited and regular expression patterns are not supported.",
    });
  }
  const required: string[] = [];
  const excluded: string[] = [];
  const optional: string[] = [];
  for (const match of text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const term = match[2]?.replace(/\\(.)/g, "$1") ?? match[3] ?? "";
    if (match[2] === undefined && !/^[\w-]+$/.test(term)) {
      throw fail("InvalidParameterException", { with: `Invalid character(s) in term '${term}'` });
    }
    if (match[1] === "-") excluded.push(term);
    else if (match[1] === "?") optional.push(term);
    else required.push(term);
  }
  // AWS ignores optional terms beside required ones.
  const either = required.length === 0 ? optional : [];
  return (message) =>
    required.every((term) => message.includes(term)) &&
    !excluded.some((term) => message.includes(term)) &&
    (either.length === 0 || either.some((term) => message.includes(term)));
}
