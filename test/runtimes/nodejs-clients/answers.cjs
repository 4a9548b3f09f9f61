"use strict";

/** Functions whose answers and log lines are compared, by name. What is called `callback ...` is for old runtimes only. */

class Odd extends Error {
  constructor(message, members) {
    super(message);
    Object.assign(this, members);
  }
}

class Named extends Error {
  get name() {
    return "Named.Error é";
  }
}

function circle() {
  const one = { name: "one" };
  one.self = one;
  return one;
}

function fail(error) {
  throw error;
}

function withoutStack() {
  const error = new Error("no stack");
  delete error.stack;
  error.stack = undefined;
  return error;
}

exports.cases = {
  nothing: () => undefined,
  null: () => null,
  text: () => "é ☃ \u{1f600} \x7f \u2028",
  "lone surrogate": () => "\ud800",
  numbers: () => [1.5, 1e300, -0, Number.NaN, Number.POSITIVE_INFINITY],
  "big integer": () => 10n,
  "big integer inside": () => ({ n: 1n }),
  date: () => new Date(0),
  "wrong date": () => new Date(Number.NaN),
  maps: () => [new Map([[1, 2]]), new Set([1])],
  bytes: () => Buffer.from("é"),
  "typed array": () => new Uint8Array([1, 2]),
  symbol: () => Symbol("s"),
  function: () => () => 1,
  "undefined inside": () => ({ a: undefined, b: [undefined, () => 1] }),
  circle: () => circle(),
  "own JSON": () => ({ toJSON: () => "mine" }),
  "own JSON that throws": () => ({ toJSON: () => fail(new RangeError("no")) }),
  instance: () => new URLSearchParams("a=1"),
  error: () => new Error("returned"),
  promise: async () => "later",
  generator: function* generator() {
    yield 1;
  },
  throws: () => fail(new Error("as asked")),
  "throws without text": () => fail(new Error()),
  "throws a type of its own": () => fail(new Odd("é", { code: "E1", status: 418, nested: { a: 1 } })),
  "throws a name of its own": () => fail(new Named("named")),
  "throws with a cause": () => fail(new TypeError("outer", { cause: new RangeError("inner") })),
  "throws many": () => fail(new AggregateError([new Error("a"), new TypeError("b")], "many")),
  "throws in lines": () => fail(new Error("one\ntwo")),
  "throws with delete": () => fail(new Error("a\x7fb")),
  "throws a circle": () => fail(Object.assign(new Error("round"), { self: circle() })),
  "throws without stack": () => fail(withoutStack()),
  "throws text": () => fail("text"),
  "throws a number": () => fail(7),
  "throws null": () => fail(null),
  "throws undefined": () => fail(undefined),
  "throws an object": () => fail({ a: 1 }),
  "throws what looks like an error": () =>
    fail({ name: "Like", message: "error", stack: "Like: error\n    at x" }),
  rejects: async () => fail(new SyntaxError("rejected")),
  "rejects with text": () => Promise.reject("text"),
  "a property of nothing": () => undefined.property,
  logs: () => {
    console.log("plain");
    console.log("two\nlines é");
    console.log("%s is %d, %i, %f, %j, %o, %O, %%", "text", 1.5, 2.7, "3.25", { a: 1 }, [1], {
      b: { c: { d: {} } },
    });
    console.log("more", 1, null, undefined, true, { a: { b: { c: { d: 1 } } } }, [1, [2]], Symbol("s"), 1n);
    console.log({ object: 1, nested: { list: [1, 2, { deep: { deeper: { deepest: 1 } } }] } });
    console.log(circle());
    console.log(1n);
    console.log();
    console.log("");
    console.log(undefined);
    console.log(null);
    console.log([1, "two"]);
    console.log(7, "%s", "after");
    console.log(new Map([["k", new Set([1])]]), new Date(0), /r/g, Buffer.from("b"));
    console.log({ big: 1n });
    console.log({ undefined: undefined, f: () => 1 });
  },
  "logs levels": () => {
    for (const level of ["trace", "debug", "info", "log", "warn", "error", "fatal"])
      console[level]?.(level, "said");
  },
  "logs errors": () => {
    const error = Object.assign(new Odd("é", { code: "E1" }), { extra: { a: 1 } });
    console.error(error);
    console.error("text", error);
    console.error(error, "text");
    console.warn({ error });
    console.error("%s failed", error);
    console.error(new AggregateError([new Error("a")], "many"));
    console.error(withoutStack());
    console.error(new Error("outer", { cause: new Error("inner") }));
  },
  "logs otherwise": () => {
    process.stdout.write("out\nlines\n");
    process.stderr.write("err\n");
    console.assert(1 === 2, "asserted");
    console.dir({ a: { b: {} } });
    console.table([{ a: 1 }]);
    console.group("group");
    console.log("inside");
    console.groupEnd();
    console.count();
  },
  context: (_event, context) => [
    Object.keys(context)
      .sort()
      .filter((name) => !/^(succeed|fail|done)$/.test(name)),
    context.functionName,
    context.functionVersion,
    context.memoryLimitInMB,
    context.invokedFunctionArn,
    context.clientContext,
    context.identity ?? null,
    context.tenantId ?? null,
    context.logGroupName,
    typeof context.awsRequestId,
    typeof context.getRemainingTimeInMillis(),
    Object.prototype.toString.call(context),
  ],
  globals: () => [
    Object.keys(globalThis.awslambda).sort(),
    process.cwd(),
    process.env._X_AMZN_TRACE_ID,
    process.env._HANDLER,
    process.env._LAMBDA_TELEMETRY_LOG_FD ?? null,
    typeof require,
    typeof process.env.AWS_LAMBDA_RUNTIME_API,
  ],
  "store of the invocation": (_event, context) => {
    const { InvokeStore } = globalThis.awslambda;
    if (InvokeStore === undefined) return "none";
    InvokeStore.set("key", "value");
    let refused;
    try {
      InvokeStore.set(InvokeStore.constructor.PROTECTED_KEYS.REQUEST_ID, "x");
    } catch (error) {
      refused = error.message;
    }
    return [
      InvokeStore.getRequestId() === context.awsRequestId,
      InvokeStore.getXRayTraceId(),
      InvokeStore.getTenantId() ?? null,
      InvokeStore.hasContext(),
      InvokeStore.get("key"),
      refused,
      Object.keys(InvokeStore.getContext()),
      InvokeStore.run({ inner: 1 }, () => InvokeStore.get("inner")),
    ];
  },
  arguments: (...all) => [all.length, typeof all[2]],
  "handler's this": function handlersThis() {
    return [this === undefined, typeof this];
  },
  "timers left behind": async () => {
    setTimeout(() => undefined, 50);
    return "at once";
  },
};

exports.callbacks = {
  "callback answers": (_e, _c, callback) => callback(null, { a: 1 }),
  "callback without arguments": (_e, _c, callback) => callback(),
  "callback fails": (_e, _c, callback) => callback(new Odd("as asked", { code: 1 })),
  "callback fails with text": (_e, _c, callback) => callback("text"),
  "callback fails with an object": (_e, _c, callback) => callback({ a: 1 }),
  "callback fails with false": (_e, _c, callback) => callback(false),
  "callback later": (_e, _c, callback) => setTimeout(() => callback(null, "later"), 10) && undefined,
  "callback twice": (_e, _c, callback) => {
    callback(null, 1);
    callback(null, 2);
  },
  "callback and then throws": (_e, _c, callback) => {
    callback(null, 1);
    throw new Error("after");
  },
  "callback with a circle": (_e, _c, callback) => callback(null, circle()),
  "callback waits for the event loop": (_e, _c, callback) => {
    setTimeout(() => console.log("still there"), 30);
    callback(null, "after");
  },
  "callback waits for nothing": (_e, context, callback) => {
    context.callbackWaitsForEmptyEventLoop = false;
    const timer = setTimeout(() => console.log("too late"), 3_600_000);
    callback(null, "at once");
    timer.unref();
  },
  "callback never": () => undefined,
  succeeds: (_e, context) => context.succeed("yes"),
  fails: (_e, context) => context.fail(new Error("no")),
  "fails without a reason": (_e, context) => context.fail(),
  "is done": (_e, context) => context.done(null, "done"),
  "is done with an error": (_e, context) => context.done("error"),
  "throws before": () => fail(new Error("before")),
  "callback after a promise": (_e, _c, callback) => {
    callback(null, "callback");
    return Promise.resolve("promise");
  },
  "callback context": (_e, context) =>
    context.succeed([Object.keys(context), context.callbackWaitsForEmptyEventLoop]),
};
