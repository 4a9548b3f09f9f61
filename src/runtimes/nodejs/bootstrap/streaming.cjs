"use strict";

const { MalformedStreamingHandler } = require("./errors.cjs");
const { invokeStore } = require("./invoke-store.cjs");

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";
const PRELUDE_END = new Uint8Array(8);

/** `awslambda` as functions know it, https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html */
function provideGlobals(major) {
  if (["1", "true"].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = {
    ...(major >= 24 ? { InvokeStore: invokeStore } : {}),
    streamifyResponse(handler, options) {
      handler[STREAMING] = "response";
      if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = options.highWaterMark;
      return handler;
    },
    HttpResponseStream: {
      /** Puts status, headers and cookies before what is written first; as on Lambda not before what `end` brings. */
      from(stream, prelude) {
        stream.setContentType(PRELUDE_TYPE);
        const text = JSON.stringify(prelude);
        stream._onBeforeFirstWrite = (write) => {
          write(text);
          write(PRELUDE_END);
        };
        return stream;
      },
    },
  };
}

function isStreaming(handler) {
  const mode = handler[STREAMING];
  if (!mode) return false;
  if (mode !== "response") throw new MalformedStreamingHandler("Only response streaming is supported.");
  return true;
}

module.exports = { HIGH_WATER_MARK, isStreaming, provideGlobals };
