"use strict";

const { types } = require("node:util");

/** Errors of the runtime itself, by the names that callers see. */
function runtimeErrorClass(name) {
  class RuntimeError extends Error {
    /** `cause`: an error whose text becomes the message and whose stack, which points at the code, is kept. */
    constructor(messageOrCause) {
      super(String(messageOrCause));
      if (messageOrCause instanceof Error && typeof messageOrCause.stack === "string") {
        this.stack = `${this.name}: ${this.message}\n${messageOrCause.stack}`;
      }
    }
  }
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

/** Errors of other realms and look-alikes count as errors too. */
function looksLikeError(value) {
  return (
    types.isNativeError(value) ||
    (Boolean(value) &&
      [value.name, value.message, value.stack].every((part) => part && typeof part === "string"))
  );
}

/** DEL is not allowed in what the platform passes on. */
function withoutDelete(text) {
  return String(text).replaceAll("\x7f", "%7F");
}

/** The document that callers get for whatever was thrown. */
function errorDocument(thrown) {
  try {
    if (looksLikeError(thrown)) {
      return {
        errorType: withoutDelete(thrown.name),
        errorMessage: withoutDelete(thrown.message),
        trace: withoutDelete(thrown.stack ?? "").split("\n"),
      };
    }
    return { errorType: typeof thrown, errorMessage: thrown.toString(), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
    };
  }
}

/** Text that can stand in a header field. */
function headerText(text) {
  return String(text).replace(/[^\x20-\x7e]/g, "?");
}

/** Logs an error that ends an invocation or the process, in the log's own format. */
function reportError(text, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(thrown);
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
