import { logsLimits } from "../../base/index.ts";
import { compileJsonPattern } from "./filter-pattern/json.ts";
import { invalidPattern } from "./filter-pattern/scanner.ts";
import { compileSpaceDelimitedPattern } from "./filter-pattern/space-delimited.ts";
import { compileTerms } from "./filter-pattern/terms.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
export function compilePattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => true;
  if ((text.match(/%[^%]*%/g)?.length ?? 0) > logsLimits.filterPatternExpressions) throw invalidPattern();
  if (text.startsWith("{")) return compileJsonPattern(text);
  if (text.startsWith("[")) return compileSpaceDelimitedPattern(text);
  return compileTerms(text);
}
