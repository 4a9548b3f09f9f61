import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCondition } from "../../../src/services/dynamodb/expressions/condition.ts";
import { readKeyConditions } from "../../../src/services/dynamodb/expressions/key-condition.ts";
import { Placeholders } from "../../../src/services/dynamodb/expressions/placeholders.ts";
import { readProjection } from "../../../src/services/dynamodb/expressions/projection.ts";
import { isReserved } from "../../../src/services/dynamodb/expressions/reserved-words.ts";
import { readUpdate } from "../../../src/services/dynamodb/expressions/update.ts";

const NAMES = { "#a": "a", "#dot": "a.b", "#size": "size", "#proto": "__proto__" };
const VALUES = {
  ":n": { N: "1" },
  ":m": { N: "2" },
  ":s": { S: "x" },
  ":t": { S: "SS" },
  ":bool": { BOOL: true },
  ":list": { L: [] },
  ":map": { M: {} },
  ":set": { SS: ["x"] },
  ":bad": { S: "XX" },
};

const placeholders = () => new Placeholders(NAMES, VALUES);
const condition = (source: string) => readCondition("ConditionExpression", source, placeholders());
const update = (source: string) => readUpdate(source, placeholders());
const projection = (source: string) => readProjection(source, placeholders());
const keys = (source: string) => readKeyConditions(source, placeholders());

function refuses(read: (source: string) => unknown, source: string, message: string): void {
  assert.throws(() => read(source), { code: "ValidationException", message }, source);
}

const path = (...parts: (string | number)[]) => ({ kind: "path", path: parts });
const value = (name: keyof typeof VALUES) => ({ kind: "value", value: VALUES[name] });
const is = (name: string, operand: object) => ({
  kind: "compare",
  comparator: "=",
  left: path(name),
  right: operand,
});

describe("conditions", () => {
  test("are read with their precedence", () => {
    const a = is("a", value(":n"));
    const b = is("b", value(":n"));
    const c = is("c", value(":n"));
    for (const [source, expected] of [
      ["a = :n", a],
      ["(a = :n)", a],
      ["(a) = (:n)", a],
      ["a = :n OR b = :n AND c = :n", { kind: "or", conditions: [a, { kind: "and", conditions: [b, c] }] }],
      ["(a = :n or b = :n) and c = :n", { kind: "and", conditions: [{ kind: "or", conditions: [a, b] }, c] }],
      ["NOT a = :n AND b = :n", { kind: "and", conditions: [{ kind: "not", condition: a }, b] }],
      ["not not a = :n", { kind: "not", condition: { kind: "not", condition: a } }],
      ["NOT (a = :n AND b = :n)", { kind: "not", condition: { kind: "and", conditions: [a, b] } }],
      ["a=:n\tAND\nb=:n", { kind: "and", conditions: [a, b] }],
      [
        "a BETWEEN :n AND :m AND b = :n",
        {
          kind: "and",
          conditions: [{ kind: "between", operand: path("a"), low: value(":n"), high: value(":m") }, b],
        },
      ],
      ["a IN (:n, :m, b)", { kind: "in", operand: path("a"), list: [value(":n"), value(":m"), path("b")] }],
      [
        "size(a.#dot[2]) > :n",
        {
          kind: "compare",
          comparator: ">",
          left: { kind: "size", of: path("a", "a.b", 2) },
          right: value(":n"),
        },
      ],
      ["attribute_exists(#proto)", { kind: "attribute_exists", path: ["__proto__"] }],
      ["attribute_type(a, :t)", { kind: "attribute_type", operand: path("a"), argument: value(":t") }],
      ["begins_with(a, :s)", { kind: "begins_with", operand: path("a"), argument: value(":s") }],
      [
        "contains(a, size(b))",
        { kind: "contains", operand: path("a"), argument: { kind: "size", of: path("b") } },
      ],
    ] as const) {
      assert.deepEqual(condition(source), expected, source);
    }
  });

  const wrong = (source: string, message: string) =>
    refuses(condition, source, `Invalid ConditionExpression: ${message}`);

  test("that break the grammar are shown where they break it", () => {
    for (const [source, token, near] of [
      ["a", "<EOF>", "a"],
      ["a AND b = :n", "AND", "a AND b"],
      ["a =", "<EOF>", "="],
      ["a = :n AND", "<EOF>", "AND"],
      ["a = :n)", ")", ":n)"],
      ["(a = :n", "<EOF>", ":n"],
      ["a = :n b", "b", ":n b"],
      ["a == :n", "=", "== :n"],
      ["a != :n", "!", "a !="],
      ["a IN :n", ":n", "IN :n"],
      ["a IN ()", ")", "()"],
      ["a BETWEEN :n", "<EOF>", ":n"],
      ["a.0.b = :n", "0", ".0."],
      ["a[b] = :n", "b", "[b]"],
      ["a[-1] = :n", "-", "[-1"],
      ["a..b = :n", ".", "..b"],
      ["_a = :n", "_", "_a"],
      ["foo$bar = :n", "$", "foo$bar"],
      ["attribute_not_exists(", "<EOF>", "("],
      ["a = 'x'", "'", "= 'x"],
      ["a = :", ":", "= :"],
      ["# = :n", "#", "# ="],
      ["NOT", "<EOF>", "NOT"],
      ["and = :n", "and", "and ="],
      [":n + :n = a", "+", ":n + :n"],
    ] as const) {
      wrong(source, `Syntax error; token: "${token}", near: "${near}"`);
    }
    wrong("", "The expression can not be empty;");
    wrong("  \n ", "The expression can not be empty;");
  });

  test("with a wrong meaning are refused in DynamoDB's words", () => {
    for (const [source, message] of [
      ["((a = :n))", "The expression has redundant parentheses;"],
      ["((a)) = :n", "The expression has redundant parentheses;"],
      ["a = ((:n))", "The expression has redundant parentheses;"],
      ["foo(a)", "Invalid function name; function: foo"],
      ["SIZE(a) = :n", "Invalid function name; function: SIZE"],
      [
        "if_not_exists(a, :n)",
        "The function is not allowed in a condition expression; function: if_not_exists",
      ],
      [
        "attribute_exists(a) = :n",
        "The function is not allowed to be used this way in an expression; function: attribute_exists",
      ],
      ["size(a)", "The function is not allowed to be used this way in an expression; function: size"],
      [
        "size(a) AND b = :n",
        "The function is not allowed to be used this way in an expression; function: size",
      ],
      ["status = :n", "Attribute name is a reserved keyword; reserved keyword: status"],
      ["a.Size = :n", "Attribute name is a reserved keyword; reserved keyword: Size"],
      [
        "#none = :n",
        "An expression attribute name used in the document path is not defined; attribute name: #none",
      ],
      [
        "a = :none",
        "An expression attribute value used in expression is not defined; attribute value: :none",
      ],
      [
        "attribute_exists(a, b)",
        "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2",
      ],
      [
        "attribute_exists(:n)",
        "Operator or function requires a document path; operator or function: attribute_exists",
      ],
      [
        "contains(#a, a)",
        "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [a]",
      ],
      [
        "a[1].b = a[1].b",
        "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [a, [1], b]",
      ],
      [
        "begins_with(a, :n)",
        "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
      ],
      [
        "a < :list",
        "Incorrect operand type for operator or function; operator or function: <, operand type: L",
      ],
      [
        "size(:n) > :n",
        "Incorrect operand type for operator or function; operator or function: size, operand type: N",
      ],
      [
        "attribute_type(a, b)",
        "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
      ],
      [
        "attribute_type(a, :bad)",
        "Invalid attribute type name found; type: XX, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
      ],
      [
        "a BETWEEN :m AND :n",
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
      ],
      [
        "a BETWEEN :n AND :s",
        "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}",
      ],
      [
        `a IN (${Array.from({ length: 101 }, () => ":n").join(", ")})`,
        "The IN operator is provided with too many operands; number of operands: 101",
      ],
      [
        Array.from({ length: 151 }, () => "a = :n").join(" OR "),
        "The expression contains too many operators; operator count: 301",
      ],
      [
        `a = :n${" ".repeat(4_091)}`,
        "Expression size has exceeded the maximum allowed size; expression size: 4097",
      ],
    ] as const) {
      wrong(source, message);
    }
  });

  test("that nest without end are refused before they exhaust the stack", () => {
    for (const source of [
      `${"(".repeat(2_000)}a = :n${")".repeat(2_000)}`,
      `${"NOT ".repeat(1_000)}a = :n`,
      `${"size(".repeat(700)}a${")".repeat(700)} = :n`,
    ]) {
      assert.throws(() => condition(source), { code: "ValidationException" });
    }
  });
});

describe("updates", () => {
  test("are read by section", () => {
    assert.deepEqual(
      update("set a = :n, #dot[1] = b + :n, c = (d - :n) remove e.f, g ADD h :n, i.j :set DELETE k :set"),
      {
        set: [
          { path: ["a"], operand: value(":n") },
          { path: ["a.b", 1], operand: { kind: "+", left: path("b"), right: value(":n") } },
          { path: ["c"], operand: { kind: "-", left: path("d"), right: value(":n") } },
        ],
        remove: [["e", "f"], ["g"]],
        add: [
          { path: ["h"], value: VALUES[":n"] },
          { path: ["i", "j"], value: VALUES[":set"] },
        ],
        delete: [{ path: ["k"], value: VALUES[":set"] }],
      },
    );
    assert.deepEqual(update("SET a = if_not_exists(b.c, :n) + :n, d = list_append(e, :list)").set, [
      {
        path: ["a"],
        operand: {
          kind: "+",
          left: { kind: "if_not_exists", path: ["b", "c"], otherwise: value(":n") },
          right: value(":n"),
        },
      },
      { path: ["d"], operand: { kind: "list_append", left: path("e"), right: value(":list") } },
    ]);
  });

  test("that are wrong are refused in DynamoDB's words", () => {
    for (const [source, message] of [
      ["", "The expression can not be empty;"],
      ["INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'],
      ["SET", 'Syntax error; token: "<EOF>", near: "SET"'],
      ["SET a = :n,", 'Syntax error; token: "<EOF>", near: ","'],
      ["SET a :n", 'Syntax error; token: ":n", near: "a :n"'],
      ["SET a = :n + :n + :n", 'Syntax error; token: "+", near: ":n + :n"'],
      ["SET a = (:n + :n) + :n", 'Syntax error; token: "+", near: ") + :n"'],
      ["SET a = :n * :n", 'Syntax error; token: "*", near: ":n * :n"'],
      ["SET :n = a", 'Syntax error; token: ":n", near: "SET :n ="'],
      ["ADD a b", 'Syntax error; token: "b", near: "a b"'],
      ["REMOVE a = :n", 'Syntax error; token: "=", near: "a = :n"'],
      ["SET abc-def = :n", 'Syntax error; token: "-", near: "abc-def"'],
      ["SET name = :n", "Attribute name is a reserved keyword; reserved keyword: name"],
      ["SET a = foo(:n)", "Invalid function name; function: foo"],
      ["SET a = size(b)", "The function is not allowed in an update expression; function: size"],
      ["SET a = :n SET b = :n", 'The "SET" section can only be used once in an update expression;'],
      [
        "SET #none = :n",
        "An expression attribute name used in the document path is not defined; attribute name: #none",
      ],
      [
        "SET a = :none",
        "An expression attribute value used in expression is not defined; attribute value: :none",
      ],
      [
        "SET a = :n, #a = :m",
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
      ],
      [
        "SET a.b[0].c = :n REMOVE a.b",
        "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b, [0], c], path two: [a, b]",
      ],
      [
        "SET a.b = :n, a[0] = :n",
        "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [0]]",
      ],
      [
        "ADD a :s",
        "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
      ],
      [
        "DELETE a :n",
        "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
      ],
      [
        "SET a = b + :s",
        "Incorrect operand type for operator or function; operator or function: +, operand type: S",
      ],
      [
        "SET a = list_append(b, :n)",
        "Incorrect operand type for operator or function; operator or function: list_append, operand type: N",
      ],
      [
        "SET a = if_not_exists(:n, :n)",
        "Operator or function requires a document path; operator or function: if_not_exists",
      ],
      [
        "SET a = list_append(b)",
        "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1",
      ],
      ["SET a[99999999999] = :n", "List index is not within the allowable range; index: [99999999999]"],
    ] as const) {
      refuses(update, source, `Invalid UpdateExpression: ${message}`);
    }
  });
});

test("projections are lists of paths", () => {
  assert.deepEqual(projection("a, b.c[0], #dot"), [["a"], ["b", "c", 0], ["a.b"]]);
  for (const [source, message] of [
    ["a,", 'Syntax error; token: "<EOF>", near: ","'],
    ["a b", 'Syntax error; token: "b", near: "a b"'],
    ["a, :n", 'Syntax error; token: ":n", near: ", :n"'],
    ["a, #size.size", "Attribute name is a reserved keyword; reserved keyword: size"],
    [
      "a, a.b",
      "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
    ],
  ] as const) {
    refuses(projection, source, `Invalid ProjectionExpression: ${message}`);
  }
});

test("key conditions are one or two conditions on attributes", () => {
  const n = VALUES[":n"];
  for (const [source, expected] of [
    ["a = :n", [{ name: "a", condition: { kind: "=", value: n } }]],
    ["((a = :n))", [{ name: "a", condition: { kind: "=", value: n } }]],
    [
      "a = :n AND :n <= b",
      [
        { name: "a", condition: { kind: "=", value: n } },
        { name: "b", condition: { kind: ">=", value: n } },
      ],
    ],
    [
      "(a = :n) AND (b BETWEEN :n AND :m)",
      [
        { name: "a", condition: { kind: "=", value: n } },
        { name: "b", condition: { kind: "between", low: n, high: VALUES[":m"] } },
      ],
    ],
    [
      "begins_with(b, :s) AND #dot = :n",
      [
        { name: "b", condition: { kind: "begins_with", value: VALUES[":s"] } },
        { name: "a.b", condition: { kind: "=", value: n } },
      ],
    ],
  ] as const) {
    assert.deepEqual(keys(source), expected, source);
  }
  for (const [source, message] of [
    ["a = :n OR b = :n", "Invalid operator used in KeyConditionExpression: OR"],
    ["NOT a = :n", "Invalid operator used in KeyConditionExpression: NOT"],
    ["a IN (:n)", "Invalid operator used in KeyConditionExpression: IN"],
    ["a <> :n", "Invalid operator used in KeyConditionExpression: <>"],
    ["attribute_exists(a)", "Invalid operator used in KeyConditionExpression: attribute_exists"],
    ["contains(a, :s)", "Invalid operator used in KeyConditionExpression: contains"],
    ["size(a) = :n", "KeyConditionExpressions cannot contain nested operations"],
    ["a.b = :n", "KeyConditionExpressions cannot have conditions on nested attributes"],
    ["a = b", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"],
    [":n = :n", "Invalid condition in KeyConditionExpression: No key attribute specified"],
    ["a = :n AND a = :m", "KeyConditionExpressions must only contain one condition per key"],
    ["a = :n AND b = :n AND c = :n", "Conditions can be of length 1 or 2 only"],
    [
      "begins_with(:s, a)",
      "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand",
    ],
  ] as const) {
    refuses(keys, source, message);
  }
});

test("placeholders are checked and must all be used", () => {
  for (const [names, values, message] of [
    [{}, undefined, "ExpressionAttributeNames must not be empty"],
    [undefined, {}, "ExpressionAttributeValues must not be empty"],
    [{ a: "b" }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'],
    [undefined, { a: { S: "" } }, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"'],
    [
      undefined,
      { ":a": { N: "x" } },
      "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :a",
    ],
  ] as const) {
    assert.throws(() => new Placeholders(names, values), { code: "ValidationException", message });
  }
  const unused = new Placeholders({ "#a": "a", "#b": "b" }, { ":a": { S: "" } });
  unused.name("#a");
  assert.throws(() => unused.finish(), {
    message: "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
  });
});

test("the words that AWS reserves are reserved in any case", () => {
  for (const word of ["ABORT", "zone", "Name", "status", "TTL"]) assert.ok(isReserved(word), word);
  for (const word of ["pk", "constructor_", "named", "", "__proto__"]) assert.ok(!isReserved(word), word);
});
