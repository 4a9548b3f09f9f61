import { logsLimits } from "../../../base/index.ts";
import { invalidPattern, type Scanner } from "./scanner.ts";

/** Reads `a && (b || c)`, where `&&` binds closer; `readOperand` reads what stands between. */
export function readBoolean<Subject>(
  scanner: Scanner,
  readOperand: () => (subject: Subject) => boolean,
  depth = 0,
): (subject: Subject) => boolean {
  if (depth > logsLimits.filterPatternDepth) throw invalidPattern();
  const operand = () => {
    if (!scanner.take("(")) return readOperand();
    const inner = readBoolean(scanner, readOperand, depth + 1);
    scanner.expect(")");
    return inner;
  };
  const conjunction = () => {
    const operands = [operand()];
    while (scanner.take("&&")) operands.push(operand());
    return operands;
  };
  const alternatives = [conjunction()];
  while (scanner.take("||")) alternatives.push(conjunction());
  return (subject) => alternatives.some((operands) => operands.every((holds) => holds(subject)));
}
