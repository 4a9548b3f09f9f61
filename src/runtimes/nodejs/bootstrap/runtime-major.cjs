"use strict";

const BEFORE = "AWS_Lambda_nodejs";
const AFTER = ".x";

/** The line of the managed runtime that the function chose; a newer interpreter may stand in for it. */
function runtimeMajor() {
  const named = process.env.AWS_EXECUTION_ENV ?? "";
  const line =
    named.startsWith(BEFORE) && named.endsWith(AFTER) ? named.slice(BEFORE.length, -AFTER.length) : "";
  // Not by a regular expression, which has to be compiled again after garbage was collected.
  return Number(line) > 0 ? Number(line) : Number(process.versions.node.split(".")[0]);
}

module.exports = { runtimeMajor };
