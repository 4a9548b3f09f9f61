"use strict";

const { CallbackHandlerDeprecated, JSONStringifyError, NodeJsExit, reportError } = require("./errors.cjs");
const { holderOf } = require("./handler-holder.cjs");
const { onDrained } = require("./event-loop.cjs");
const { isStreaming } = require("./streaming.cjs");

/**
 * How this handler's invocations run: a function of request id, event bytes and a maker of contexts that resolves to
 * the promise of the next invocation. Up to nodejs22.x handlers may use callbacks, from nodejs24.x on they may not.
 */
function chooseInvoker(handler, major, client) {
  // With the streams of Node.js, which most functions start without.
  if (isStreaming(handler)) return require("./response-stream.cjs").streamingInvoker(handler, major, client);
  if (major >= 24 && handler.length >= 3) {
    throw new CallbackHandlerDeprecated(
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.",
    );
  }
  const run = major >= 24 ? runPromise : runWithCallbacks;
  const holder = holderOf(handler, major, false);
  return async (id, body, makeContext) => {
    const outcome = await run(holder, body, makeContext);
    client.hold();
    onDrained(undefined);
    return { next: "error" in outcome ? client.fail(id, outcome.error) : client.respond(id, outcome.text) };
  };
}

/** Resolves to `{ text }` or `{ error }`. A promise that can't settle any more fails the invocation. */
function runPromise(holder, body, makeContext) {
  return new Promise((resolve) => {
    const fail = (error) => {
      reportError("Invoke Error", error);
      resolve({ error });
    };
    onDrained(() => fail(neverSettled()));
    const call = async () => holder.handler(JSON.parse(body.toString()), makeContext());
    call()
      .then((result) => resolve({ text: serialized(result, JSONStringifyError) }))
      .catch(fail);
  });
}

function serialized(result, Unserializable) {
  let text;
  try {
    text = JSON.stringify(result === undefined ? null : result);
  } catch {
    throw new Unserializable("Unable to stringify response body");
  }
  // Of functions and symbols, which are no JSON at all.
  if (text === undefined) throw new TypeError("Wrong arguments");
  return text;
}

/** The same with callback and context methods; the first completion counts. */
function runWithCallbacks(holder, body, makeContext) {
  return new Promise((resolve) => {
    const isAsync = holder.handler.constructor?.name === "AsyncFunction";
    let waitsForEmptyLoop = true;
    let called = false;
    const once = (complete) => (first, second) => {
      if (called) return;
      // What throws, since a result is no JSON, hasn't completed anything.
      complete(first, second);
      called = true;
    };
    const failed = (error) => error !== undefined && error !== null;
    const done = (error, result) => {
      onDrained(undefined);
      if (!failed(error)) return resolve({ text: serialized(result, Error) });
      reportError("Invoke Error", error);
      resolve({ error });
    };
    const callback = once((error, result) => {
      if (failed(error) || !waitsForEmptyLoop) done(error, result);
      else onDrained(() => setImmediate(done, null, result));
    });
    onDrained(() => (isAsync ? done(neverSettled()) : done(null, null)));
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
      const returned = holder.handler(event, context, callback);
      if (typeof returned?.then === "function")
        returned.then(context.succeed, context.fail).catch(context.fail);
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
