/** Our Python runtime beside AWS's own client for Python: the same functions have the same answers and log lines. */
import { after, before, describe, it } from "node:test";
import { assertBothAlike, normalized, ofFunction } from "../../testkit/client-parity.ts";
import {
  type EnvironmentWorld,
  type FunctionOptions,
  type Invoked,
  openEnvironmentWorld,
  type RunningFunction,
} from "../../testkit/environment-world.ts";
import { fromSetUp } from "../../testkit/runtime-client.ts";

const FUNCTION = `
import collections, datetime, decimal, enum, json, logging, os, sys, uuid

logger = logging.getLogger()
logger.setLevel(logging.DEBUG)

class Odd(Exception):
    def __str__(self):
        return "odd é " + repr(self.args)

class Colour(enum.IntEnum):
    RED = 1

Point = collections.namedtuple("Point", "x y")

def chained():
    try:
        {}["absent"]
    except KeyError as error:
        raise Odd("outer", 1) from error

def deep(n):
    return [] if n == 0 else [deep(n - 1)]

def fail(error):
    raise error

def circle():
    one = []
    one.append(one)
    return one

def log_lines():
    logger.info("two\\nlines é")
    logger.debug("with %s", "argument")
    logging.getLogger("named.logger").warning("named", extra={"extra": 7})
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("caught")
    print("PRINTED first\\nPRINTED second")
    logger.warning("between prints")
    sys.stderr.write("PRINTED to stderr\\n")

CASES = {
    "none": lambda e, c: None,
    "text": lambda e, c: "é ☃ \\U0001f600 \\x7f \\u2028",
    "lone surrogate": lambda e, c: "\\ud800",
    "numbers": lambda e, c: [1.5, 1e300, 10**30, -0.0, True],
    "nan": lambda e, c: [float("nan"), float("inf"), -float("inf")],
    "decimal": lambda e, c: {"price": decimal.Decimal("12.340"), "big": decimal.Decimal("1E+30")},
    "decimal nan": lambda e, c: decimal.Decimal("NaN"),
    "bytes": lambda e, c: b"\\x00raw",
    "bytes inside": lambda e, c: {"raw": b"x"},
    "tuple": lambda e, c: (1, (2, 3)),
    "named tuple": lambda e, c: Point(1, 2),
    "enum": lambda e, c: Colour.RED,
    "set": lambda e, c: {1},
    "date": lambda e, c: datetime.datetime(2026, 1, 2),
    "uuid": lambda e, c: uuid.UUID(int=1),
    "keys": lambda e, c: {1: "a", None: "b", True: "c", 1.5: "d"},
    "bad keys": lambda e, c: {(1, 2): "a"},
    "circle": lambda e, c: circle(),
    "ordered": lambda e, c: collections.OrderedDict(b=1, a=2),
    "generator": lambda e, c: (n for n in range(3)),
    "raises": lambda e, c: fail(ValueError("as asked")),
    "raises without text": lambda e, c: fail(RuntimeError()),
    "raises a key error": lambda e, c: {}["absent"],
    "raises its own": lambda e, c: fail(Odd("é")),
    "raises in lines": lambda e, c: fail(ValueError("one\\ntwo")),
    "raises because": lambda e, c: chained(),
    "logs": lambda e, c: log_lines(),
    "context": lambda e, c: [
        c.function_name, c.function_version, c.memory_limit_in_mb, c.invoked_function_arn,
        c.tenant_id, c.client_context.custom, c.client_context.env, c.client_context.client.app_title,
        c.client_context.client.installation_id, c.identity.cognito_identity_id,
        type(c).__name__, type(c.get_remaining_time_in_millis()).__name__,
        sorted(name for name in dir(c) if not name.startswith("_")), c.log("written"), c.w3c(),
    ],
    "environment": lambda e, c: [
        os.getcwd(), "_X_AMZN_TRACE_ID" in os.environ, [h.formatter is not None for h in logger.handlers],
    ],
}

def handler(event, context):
    return CASES[event["case"]](event, context)
`;

const CASES = [...FUNCTION.matchAll(/^ {4}"([^"]+)": lambda/gm)].map(([, name = ""]) => name);

const INITS: readonly (readonly [string, Partial<FunctionOptions>])[] = [
  ["no dot in the handler", { handler: "index" }],
  ["a module that is not there", { handler: "absent.handler" }],
  ["a module's import that is not there", { files: { "index.py": "import absent_module\n" } }],
  ["a function that is not there", { handler: "index.absent" }],
  ["wrong syntax", { files: { "index.py": "def handler(:\n  pass\n" } }],
  ["an error at the start", { files: { "index.py": "def f():\n    raise OSError(2, 'é')\nf()\n" } }],
  ["a module of the language's own", { handler: "sys.exit" }],
  [
    "a package with slashes",
    { handler: "a/b.handler", files: { "a/b.py": "handler = lambda e, c: __name__\n" } },
  ],
  [
    "a package with dots",
    { handler: "a.b.handler", files: { "a/b.py": "handler = lambda e, c: __name__\n" } },
  ],
  ["an exit at the start", { files: { "index.py": "import sys\nsys.exit(7)\n" } }],
];

const CLIENT = { command: '"$1" -m awslambdaric "$_HANDLER"', environment: { PYTHONPATH: "/opt" } };

describe("Python beside AWS's own client", { concurrency: 3 }, () => {
  let world: EnvironmentWorld;
  before(async () => {
    world = await openEnvironmentWorld({ tier: "namespaces", initMs: 60_000 });
  });
  after(() => world.close());

  const compare = (
    options: Partial<FunctionOptions>,
    observe: (one: RunningFunction) => Promise<Readonly<Record<string, unknown>>>,
  ) =>
    assertBothAlike(
      world,
      {
        runtime: "python3.11",
        memoryMiB: 512,
        timeoutMs: 60_000,
        ...options,
        files: options.files ?? { "index.py": FUNCTION },
      },
      { ...CLIENT, layersDirectory: fromSetUp("LAMBKIN_TEST_PYTHON_CLIENT") },
      observe,
    );

  for (const format of ["Text", "JSON"] as const) {
    it(`answers and logs the same in ${format}`, async () => {
      const settings = format === "JSON" ? { logFormat: format, applicationLogLevel: "DEBUG" as const } : {};
      const clientContext = JSON.stringify({
        custom: { a: "é" },
        w3c: { traceparent: "00-1-2-01", other: "x" },
        env: { b: "c" },
        client: { app_title: "title", installation_id: "id" },
      });
      await compare({ settings }, async (one) => {
        const answers: Record<string, ReturnType<typeof seen>> = {};
        for (const name of CASES) answers[name] = seen(await one.invoke({ case: name }, { clientContext }));
        return answers;
      });
    });
  }

  for (const [name, options] of INITS)
    it(`begins and fails to begin the same: ${name}`, () =>
      compare(options, async (one) => {
        const { text, status } = seen(await one.invoke({}));
        return { text, status, log: events(one.log()) };
      }));
});

function seen({ text, log, outcome }: Invoked) {
  return { status: outcome.status, text: normalized(text), log: events(log) };
}

/** What is printed and what is logged take ways of their own: the events of each are in order. */
function events(log: readonly string[]): { readonly printed: string[]; readonly logged: string[] } {
  const all = log.filter(ofFunction).map(normalized);
  return {
    printed: all.filter((event) => event.startsWith("PRINTED ")),
    logged: all.filter((event) => !event.startsWith("PRINTED ")),
  };
}
