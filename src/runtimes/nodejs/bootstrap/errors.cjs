"use strict";

const { types } = require("node:util");
const { runtimeMajor } = require("./runtime-major.cjs");

/** Errors of the runtime itself, by the names that callers see. */
function runtimeErrorClass(name) {
  class RuntimeError extends Error {
    constructor(messageOrCause) {
      super(String(messageOrCause));
      // From nodejs24.x on the log shows the name, and of wrong syntax where it is.
      if (runtimeMajor() < 24) return;
      this.name = `Runtime.${name}`;
      if (name === "UserCodeSyntaxError") this.stack = messageOrCause.stack;
    }
  }
  Object.defineProperty(RuntimeError, "name", { value: name });
  RuntimeError.prototype.name = `Runtime.${name}`;
  return RuntimeError;
}

const ImportModuleError = runtimeErrorClass("ImportModuleError");
const HandlerNotFound = runtimeErrorClass("HandlerNotFound");
const MalformedHandlerName = runtimeErrorClass("MalformedHandlerName");
const UserCodeSyntaxError = runtimeErrorClass("UserCodeSyntaxError");
const MalformedStreamingHandler = runtimeErrorClass("MalformedStreamingHandler");
const InvalidStreamingOperation = runtimeErrorClass("InvalidStreamingOperation");
const CallbackHandlerDeprecated = runtimeErrorClass("CallbackHandlerDeprecated");
const JSONStringifyError = runtimeErrorClass("JSONStringifyError");
const NodeJsExit = runtimeErrorClass("NodeJsExit");

/** Up to nodejs22.x errors of other realms and look-alikes count as errors too. */
function countsAsError(value) {
  if (runtimeMajor() >= 24) return value instanceof Error;
  return (
    types.isNativeError(value) ||
    (Boolean(value) &&
      [value.name, value.message, value.stack].every((part) => part && typeof part === "string"))
  );
}

/** DEL is not allowed in what the platform passes on. */
const DELETE = "\x7f";

/** The document that callers get for whatever was thrown. */
function errorDocument(thrown) {
  try {
    if (countsAsError(thrown)) {
      const document = {
        errorType: thrown.name?.replaceAll(DELETE, "%7F"),
        errorMessage: thrown.message?.replaceAll(DELETE, "%7F"),
      };
      if (runtimeMajor() >= 24 && !thrown.stack) return { ...document, trace: [] };
      return { ...document, trace: thrown.stack.replaceAll(DELETE, "%7F").split("\n") };
    }
    const text = runtimeMajor() >= 24 ? String(thrown) : thrown.toString();
    return { errorType: typeof thrown, errorMessage: text, trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
      ...(runtimeMajor() >= 24 ? { trace: [] } : {}),
    };
  }
}

/** Text that can stand in a header field. */
function headerText(text) {
  return String(text).replace(/[^\x20-\x7e]/g, "?");
}

/** Logs an error that ends an invocation or the process, in the log's own format. */
function reportError(text, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(runtimeMajor() >= 24 ? String(thrown) : thrown);
  if (process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON") console.error(error);
  else console.error(text, `\t${serialize(error)}`);
}

function serialize(error) {
  try {
    return JSON.stringify(error, (_name, value) => (value instanceof Error ? visible(value) : value));
  } catch {
    return JSON.stringify(errorDocument(error));
  }
}

/** With the properties that JSON leaves out of errors. */
function visible(error) {
  const properties = { errorType: error.name, errorMessage: error.message, code: error.code, ...error };
  if (typeof error.stack === "string") properties.stack = error.stack.split("\n");
  return properties;
}

module.exports = {
  CallbackHandlerDeprecated,
  HandlerNotFound,
  ImportModuleError,
  InvalidStreamingOperation,
  JSONStringifyError,
  MalformedHandlerName,
  MalformedStreamingHandler,
  NodeJsExit,
  UserCodeSyntaxError,
  errorDocument,
  headerText,
  reportError,
};
