import { readBoolean } from "./boolean-expression.ts";
import { readComparison } from "./comparison.ts";
import { invalidPattern, Scanner } from "./scanner.ts";

type Field = (value: string) => boolean;

const NAME = /[A-Za-z_][\w-]*/y;

/** `[ip, user, ..., request = *.html*, status = 4*, bytes > 1000]`: a message has as many fields, `...` any number. */
export function compileSpaceDelimitedPattern(text: string): (message: string) => boolean {
  const scanner = new Scanner(text);
  const before: Field[] = [];
  let after: Field[] | undefined;
  scanner.expect("[");
  if (!scanner.take("]")) {
    do {
      if (scanner.take("...")) {
        if (after !== undefined) throw invalidPattern();
        after = [];
      } else (after ?? before).push(readField(scanner));
    } while (scanner.take(","));
    scanner.expect("]");
  }
  if (!scanner.ended) throw invalidPattern();
  return (message) => {
    const values = splitFields(message);
    const ending = after ?? [];
    const wanted = before.length + ending.length;
    if (after === undefined ? values.length !== wanted : values.length < wanted) return false;
    const tail = ending.length === 0 ? [] : values.slice(-ending.length);
    return (
      before.every((holds, index) => holds(values[index] ?? "")) &&
      ending.every((holds, index) => holds(tail[index] ?? ""))
    );
  };
}

function readField(scanner: Scanner): Field {
  let name: string | undefined;
  let compared = false;
  return readBoolean<string>(scanner, () => {
    const given = scanner.match(NAME);
    if (given === undefined || (name !== undefined && given !== name)) throw invalidPattern();
    name = given;
    const compare = readComparison(scanner);
    if (compare === undefined && compared) throw invalidPattern();
    compared = true;
    return compare ?? (() => true);
  });
}

/** Fields are separated by white space; what stands in quotes or brackets is one, without them. */
export function splitFields(message: string): string[] {
  return [...message.matchAll(/"([^"]*)"|\[([^\]]*)\]|\S+/g)].map(
    ([whole, quoted, bracketed]) => quoted ?? bracketed ?? whole,
  );
}
