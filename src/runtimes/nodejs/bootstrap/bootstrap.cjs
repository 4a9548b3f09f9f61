"use strict";

/**
 * Entry of the Node.js runtime. Runs inside the sandbox on Node.js 18 and later, without any dependency: loads the
 * function that _HANDLER names and serves its invocations until the sandbox ends.
 */

const { patchConsole } = require("./console.cjs");
const { reportError } = require("./errors.cjs");
const { onDrained, watchEventLoop } = require("./event-loop.cjs");
const { chooseInvoker } = require("./invoker.cjs");
const { importFromNodePath } = require("./node-path.cjs");
const { RuntimeClient } = require("./runtime-client.cjs");
const { runtimeMajor } = require("./runtime-major.cjs");
const { serve } = require("./service.cjs");
const { loadHandler } = require("./user-function.cjs");

/** What a process that is broken beyond its present invocation exits with. */
const UNCAUGHT_EXCEPTION = 129;
const UNHANDLED_REJECTION = 128;

class UnhandledPromiseRejection extends Error {
  constructor(reason, promise) {
    super(String(reason));
    this.reason = reason;
    this.promise = promise;
  }
}
UnhandledPromiseRejection.prototype.name = "Runtime.UnhandledPromiseRejection";

async function main() {
  const client = new RuntimeClient(process.env.AWS_LAMBDA_RUNTIME_API);
  watchEventLoop();

  /** Tells the platform about an error that no handler will answer for; replaced for each invocation. */
  let post = (error) => client.initError(error);
  const die = (text, error, code) => {
    reportError(text, error);
    const tell = post;
    post = undefined;
    client.hold();
    client.leave();
    if (tell === undefined) process.exit(code);
    Promise.resolve(tell(error)).then(
      () => process.exit(code),
      () => process.exit(code),
    );
  };
  process.on("uncaughtException", (error) => die("Uncaught Exception", error, UNCAUGHT_EXCEPTION));
  process.on("unhandledRejection", (reason, promise) => {
    const error = new UnhandledPromiseRejection(reason, promise);
    die("Unhandled Promise Rejection", error, UNHANDLED_REJECTION);
  });
  if (process.env._LAMBKIN_WAIT !== undefined) await require("./assignment.cjs").awaitAssignment(client);
  patchConsole();
  const major = runtimeMajor();
  // An import that never settles leaves nothing to run: like Node.js itself, which exits with 13.
  onDrained(() => process.exit(13));

  let invoke;
  try {
    importFromNodePath(process.env.NODE_PATH);
    const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER ?? "", major);
    invoke = chooseInvoker(handler, major, client);
  } catch (error) {
    die(major >= 24 ? "Init Error" : "Uncaught Exception", error, UNCAUGHT_EXCEPTION);
    return;
  }
  onDrained(undefined);

  let next = client.next();
  for (;;) {
    ({ next } = await serve(client, next, invoke, major, (by) => {
      post = by;
    }));
  }
}

void main();
