"use strict";

/** The line of the managed runtime that the function chose; a newer interpreter may stand in for it. */
function runtimeMajor() {
  const named = /^AWS_Lambda_nodejs(\d+)\.x$/.exec(process.env.AWS_EXECUTION_ENV ?? "");
  return Number(named === null ? process.versions.node.split(".")[0] : named[1]);
}

module.exports = { runtimeMajor };
