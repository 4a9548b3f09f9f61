"use strict";

const { format } = require("node:util");

/**
 * Waits until the platform says which function this process is for, and becomes what a process that was started for
 * it would be: its variables and its working directory.
 */
async function awaitAssignment(client) {
  await exercise();
  const { body } = await client.assignment();
  const [directory, ...variables] = body.toString("utf8").split("\0");
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const variable of variables) {
    const equals = variable.indexOf("=");
    process.env[variable.slice(0, equals)] = variable.slice(equals + 1);
  }
  process.chdir(directory);
}

/** Runs once what every init and invocation runs, so that it is loaded and compiled. Leaves nothing that code can see. */
async function exercise() {
  await import("./nothing.mjs");
  format("%s %o", new Date(0).toISOString(), JSON.parse(JSON.stringify({ at: [1] })));
}

module.exports = { awaitAssignment };
