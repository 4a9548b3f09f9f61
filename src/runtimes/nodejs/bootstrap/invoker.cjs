"use strict";

const { CallbackHandlerDeprecated, JSONStringifyError, NodeJsExit, reportError } = require("./errors.cjs");
const { onDrained } = require("./event-loop.cjs");
const { isStreaming, streamingInvoker } = require("./streaming.cjs");

/**
 * How this handler's invocations run: a function of request id, event bytes and a maker of contexts that resolves to
 * the promise of the next invocation. Up to nodejs22.x handlers may use callbacks, from nodejs24.x on they may not.
 */
function chooseInvoker(handler, major, client) {
  if (isStreaming(handler)) return streamingInvoker(handler, major, client);
  if (major >= 24 && handler.length >= 3) {
    throw new CallbackHandlerDeprecated(
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
    );
  }
  const run = major >= 24 ? runPromise : runWithCallbacks;
  return async (id, body, makeContext) => {
    const outcome = await run(handler, body, makeContext);
    client.hold();
    onDrained(undefined);
    if ("error" in outcome) {
      reportError("Invoke Error", outcome.error);
      return { next: client.fail(id, outcome.error) };
    }
    let text;
    try {
      text = JSON.stringify(outcome.result === undefined ? null : outcome.result) ?? "null";
    } catch {
      const message = "Unable to stringify response body";
      const error = major >= 24 ? new JSONStringifyError(message) : new Error(message);
      reportError("Invoke Error", error);
      return { next: client.fail(id, error) };
    }
    return { next: client.respond(id, text) };
  };
}

/** Resolves to `{ result }` or `{ error }`. A promise that can't settle any more fails the invocation. */
function runPromise(handler, body, makeContext) {
  return new Promise((resolve) => {
    onDrained(() => resolve({ error: neverSettled() }));
    const call = async () => handler(JSON.parse(body.toString()), makeContext());
    call().then(
      (result) => resolve({ result }),
      (error) => resolve({ error }),
    );
  });
}

/** The same with callback and context methods; the first completion counts. */
function runWithCallbacks(handler, body, makeContext) {
  return new Promise((resolve) => {
    const isAsync = handler.constructor?.name === "AsyncFunction";
    let waitsForEmptyLoop = true;
    let called = false;
    const once = (complete) => (first, second) => {
      if (called) return;
      called = true;
      complete(first, second);
    };
    const failed = (error) => error !== undefined && error !== null;
    const done = (error, result) => {
      onDrained(undefined);
      resolve(failed(error) ? { error } : { result });
    };
    const callback = once((error, result) => {
      if (failed(error) || !waitsForEmptyLoop) done(error, result);
      else onDrained(() => resolve({ result }));
    });
    onDrained(() => resolve(isAsync ? { error: neverSettled() } : { result: null }));
    try {
      const event = JSON.parse(body.toString());
      const context = Object.assign(
        {
          get callbackWaitsForEmptyEventLoop() {
            return waitsForEmptyLoop;
          },
          set callbackWaitsForEmptyEventLoop(value) {
            waitsForEmptyLoop = value;
          },
          succeed: once((result) => done(null, result)),
          fail: once((error) => done(failed(error) ? error : "handled", null)),
          done: once(done),
        },
        makeContext(),
      );
      const returned = handler(event, context, callback);
      if (typeof returned?.then === "function") returned.then(context.succeed, context.fail);
    } catch (error) {
      callback(error);
    }
  });
}

function neverSettled() {
  const error = new NodeJsExit(
    "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes",
  );
  error.stack = "";
  return error;
}

module.exports = { chooseInvoker };
