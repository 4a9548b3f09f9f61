import { type AttributeType, typeOf } from "../model.ts";
import type { Path, Update, UpdateOperand } from "./ast.ts";
import { parseUpdate } from "./parser.ts";
import type { Placeholders } from "./placeholders.ts";
import { longTypeName, operandsWithin, Resolver } from "./resolver.ts";
import type { SyntaxAction, SyntaxCall, SyntaxOperand, SyntaxSection } from "./syntax.ts";

const FUNCTIONS: ReadonlySet<string> = new Set(["if_not_exists", "list_append"]);
const CONDITION_FUNCTIONS: ReadonlySet<string> = new Set([
  "attribute_exists",
  "attribute_not_exists",
  "attribute_type",
  "begins_with",
  "contains",
  "size",
]);
const ADDABLE: ReadonlySet<AttributeType> = new Set(["N", "SS", "NS", "BS"]);
const DELETABLE: ReadonlySet<AttributeType> = new Set(["SS", "NS", "BS"]);

/** Reads an update expression; all its errors come in DynamoDB's order. */
export function readUpdate(source: string, placeholders: Placeholders): Update {
  const sections = parseUpdate(source);
  const resolver = new Resolver("UpdateExpression", placeholders);
  const actions = sections.flatMap((section) => section.actions);
  checkReserved(actions, resolver);
  checkFunctions(actions, resolver);
  checkSections(sections, resolver);
  const resolved = sections.map((section) => ({
    name: section.name,
    actions: section.actions.map((action) => ({
      path: resolver.path(action.path).path,
      ...(action.operand === undefined ? {} : { operand: resolveOperand(action.operand, resolver) }),
    })),
  }));
  resolver.checkDisjoint(resolved.flatMap((section) => section.actions.map((action) => action.path)));
  for (const section of resolved) {
    for (const { operand } of section.actions) {
      if (operand === undefined) continue;
      if (section.name === "SET") checkTypes(operand, resolver);
      else checkSectionType(section.name as "ADD" | "DELETE", operand, resolver);
    }
  }
  const of = (name: SyntaxSection["name"]) =>
    resolved.filter((section) => section.name === name).flatMap((section) => section.actions);
  return {
    set: of("SET").map(({ path, operand }) => ({ path, operand: operand as UpdateOperand })),
    remove: of("REMOVE").map(({ path }) => path),
    add: of("ADD").map(withValue),
    delete: of("DELETE").map(withValue),
  };
}

function withValue({ path, operand }: { readonly path: Path; readonly operand?: UpdateOperand }) {
  return { path, value: (operand as Extract<UpdateOperand, { kind: "value" }>).value };
}

function operandsOf(actions: readonly SyntaxAction[]): readonly SyntaxOperand[] {
  return [...operandsWithin(actions.flatMap(({ operand }) => (operand === undefined ? [] : [operand])))];
}

function checkReserved(actions: readonly SyntaxAction[], resolver: Resolver): void {
  for (const action of actions) {
    resolver.checkReserved(action.path);
    for (const operand of operandsOf([action])) {
      if (operand.kind === "path") resolver.checkReserved(operand);
    }
  }
}

function checkFunctions(actions: readonly SyntaxAction[], resolver: Resolver): void {
  for (const operand of operandsOf(actions)) {
    if (operand.kind !== "call" || FUNCTIONS.has(operand.name)) continue;
    throw CONDITION_FUNCTIONS.has(operand.name)
      ? resolver.fail(`The function is not allowed in an update expression; function: ${operand.name}`)
      : resolver.fail(`Invalid function name; function: ${operand.name}`);
  }
}

function checkSections(sections: readonly SyntaxSection[], resolver: Resolver): void {
  const seen = new Set<string>();
  for (const { name } of sections) {
    if (seen.has(name)) {
      throw resolver.fail(`The "${name}" section can only be used once in an update expression;`);
    }
    seen.add(name);
  }
}

function resolveOperand(operand: SyntaxOperand, resolver: Resolver): UpdateOperand {
  switch (operand.kind) {
    case "path":
      return resolver.path(operand);
    case "value":
      return resolver.value(operand);
    case "call":
      return resolveCall(operand, resolver);
    default: {
      const [left, right] = operand.operands;
      return {
        kind: operand.kind,
        left: resolveOperand(left, resolver),
        right: resolveOperand(right, resolver),
      };
    }
  }
}

function resolveCall(call: SyntaxCall, resolver: Resolver): UpdateOperand {
  const operands = call.operands.map((operand) => resolveOperand(operand, resolver));
  if (operands.length !== 2) {
    throw resolver.fail(
      `Incorrect number of operands for operator or function; operator or function: ${call.name}, number of operands: ${operands.length}`,
    );
  }
  const [left, right] = operands as [UpdateOperand, UpdateOperand];
  if (call.name === "list_append") return { kind: "list_append", left, right };
  if (left.kind !== "path") {
    throw resolver.fail(`Operator or function requires a document path; operator or function: ${call.name}`);
  }
  return { kind: "if_not_exists", path: left.path, otherwise: right };
}

/** Refuses operands of arithmetic and list_append whose type is known to be wrong. */
function checkTypes(operand: UpdateOperand, resolver: Resolver): void {
  switch (operand.kind) {
    case "if_not_exists":
      checkTypes(operand.otherwise, resolver);
      return;
    case "list_append":
    case "+":
    case "-":
      for (const inner of [operand.left, operand.right]) {
        checkTypes(inner, resolver);
        const type = knownType(inner);
        if (type !== undefined && type !== (operand.kind === "list_append" ? "L" : "N")) {
          throw resolver.fail(
            `Incorrect operand type for operator or function; operator or function: ${operand.kind}, operand type: ${type}`,
          );
        }
      }
  }
}

function knownType(operand: UpdateOperand): AttributeType | undefined {
  switch (operand.kind) {
    case "value":
      return typeOf(operand.value);
    case "list_append":
      return "L";
    case "+":
    case "-":
      return "N";
    default:
      return undefined;
  }
}

function checkSectionType(section: "ADD" | "DELETE", operand: UpdateOperand, resolver: Resolver): void {
  const type = knownType(operand) as AttributeType;
  if ((section === "ADD" ? ADDABLE : DELETABLE).has(type)) return;
  throw resolver.fail(
    `Incorrect operand type for operator or function; operator: ${section}, operand type: ${longTypeName(type)}, typeSet: ALLOWED_FOR_${section}_OPERAND`,
  );
}
