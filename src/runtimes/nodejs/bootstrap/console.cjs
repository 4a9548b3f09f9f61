"use strict";

const { writeSync } = require("node:fs");
const { format } = require("node:util");
const { runtimeMajor } = require("./runtime-major.cjs");

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const STDOUT = 1;
const RETRY_MS = 1;
/** The type of a frame with the time, to which the level and, of text, the lowest bit are added. */
const FRAME = 0xa55a0002;
const FRAME_HEAD_BYTES = 16;

let requestId;
let tenantId;

function setRequest(id, tenant) {
  requestId = id;
  tenantId = tenant;
}

/** Makes the console write the format of Lambda's logs, text or JSON, from the configured level on. */
function patchConsole() {
  const descriptor = process.env._LAMBDA_TELEMETRY_LOG_FD;
  delete process.env._LAMBDA_TELEMETRY_LOG_FD;
  const json = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
  if (runtimeMajor() >= 24) requestId ??= "-";
  const line = json ? jsonLine : textLine;
  const least = Math.max(0, LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
  const logger = (level) => {
    // FATAL can't be switched off.
    if (level !== "FATAL" && LEVELS.indexOf(level) < least) return () => undefined;
    if (descriptor === undefined) return (...values) => writeLine(line(level, values));
    const type = FRAME + ((LEVELS.indexOf(level) + 1) << 2) + (json ? 0 : 1);
    return (...values) => writeFrame(Number(descriptor), type, `${line(level, values)}\n`);
  };
  console.trace = logger("TRACE");
  console.debug = logger("DEBUG");
  console.info = logger("INFO");
  console.log = console.info;
  console.warn = logger("WARN");
  console.error = logger("ERROR");
  console.fatal = logger("FATAL");
}

function textLine(level, [first, ...rest]) {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(first, ...rest)}`;
}

function jsonLine(level, [first, ...rest]) {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  if (tenantId !== undefined && tenantId !== "") line.tenantId = tenantId;
  if (rest.length === 0) {
    try {
      return JSON.stringify({ ...line, message: first }, (_name, value) =>
        value instanceof Error ? Object.assign(describeError(value, value.stack), value) : value,
      );
    } catch {
      return JSON.stringify({ ...line, message: format(first) });
    }
  }
  // From nodejs24.x on an error that comes first counts as the text that it is.
  const error = (runtimeMajor() >= 24 ? rest : [first, ...rest]).find((value) => value instanceof Error);
  return JSON.stringify({ ...line, message: format(first, ...rest), ...(error && describeError(error, [])) });
}

/** `otherwise` is shown of an error whose stack is no text. */
function describeError(error, otherwise) {
  return {
    errorType: error.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : otherwise,
  };
}

/** One line is one log event; line feeds within it are sent as carriage returns, which the platform turns back. */
function writeLine(line) {
  writeAll(STDOUT, Buffer.from(`${line.replaceAll("\n", "\r")}\n`));
}

/** One frame is one log event: type, length, microseconds since the epoch, all big-endian, and the message as it is. */
function writeFrame(descriptor, type, message) {
  const length = Buffer.byteLength(message);
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + length);
  frame.writeUInt32BE(type, 0);
  frame.writeUInt32BE(length, 4);
  frame.writeBigUInt64BE(BigInt(Date.now()) * 1000n, 8);
  frame.write(message, FRAME_HEAD_BYTES);
  writeAll(descriptor, frame);
}

function writeAll(descriptor, all) {
  let bytes = all;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      // Using process.stdout makes the pipe non-blocking; a full one is waited for.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

module.exports = { patchConsole, setRequest };
