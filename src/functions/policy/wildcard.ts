/** Matches `*` (any text) and `?` (one character) in time linear in text times stars; never backtracks further. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let inPattern = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === "*") {
      star = inPattern++;
      starText = inText;
    } else if (wanted === "?" || wanted === text[inText]) {
      inPattern++;
      inText++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inText = ++starText;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === "*") inPattern++;
  return inPattern === pattern.length;
}

/**
 * ArnLike: each of the six colon-separated parts is matched for itself.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const wanted = splitArn(pattern);
  const given = splitArn(arn);
  return (
    wanted.length === 6 &&
    given.length === 6 &&
    wanted.every((part, index) => matchesWildcard(part, given[index] ?? ""))
  );
}

function splitArn(text: string): string[] {
  const parts = text.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}
