import { dynamodbLimits } from "../../../base/index.ts";
import { invalid } from "../errors.ts";

export type ExpressionParameter =
  | "ConditionExpression"
  | "FilterExpression"
  | "KeyConditionExpression"
  | "ProjectionExpression"
  | "UpdateExpression";

export interface Token {
  /** `name`: identifier or keyword; `#name` and `:value` carry their sign; `symbol`: operators and brackets. */
  readonly kind: "name" | "#name" | ":value" | "number" | "symbol" | "unknown" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN =
  /[ \t\r\n]*(?:([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|([0-9]+)|(<>|<=|>=|[=<>()[\],.+-])|([^]))/uy;
const KINDS = ["name", "#name", ":value", "number", "symbol", "unknown"] as const;

/** Splits an expression; the last token is the end. Throws ValidationException for one that is empty or too long. */
export function tokenize(parameter: ExpressionParameter, source: string): readonly Token[] {
  if (source.trim() === "") throw invalid(`Invalid ${parameter}: The expression can not be empty;`);
  const size = Buffer.byteLength(source);
  if (size > dynamodbLimits.expressionBytes) {
    throw invalid(
      `Invalid ${parameter}: Expression size has exceeded the maximum allowed size; expression size: ${size}`,
    );
  }
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const match = TOKEN.exec(source);
    if (match === null) break;
    const group = KINDS.findIndex((_, at) => match[at + 1] !== undefined);
    const text = match[group + 1] as string;
    const kind = KINDS[group] as (typeof KINDS)[number];
    // White space before the end matches as an unknown last character.
    if (kind === "unknown" && text.trim() === "" && TOKEN.lastIndex === source.length) break;
    tokens.push({ kind, text, start: TOKEN.lastIndex - text.length, end: TOKEN.lastIndex });
  }
  tokens.push({ kind: "end", text: "<EOF>", start: source.length, end: source.length });
  return tokens;
}
