"use strict";

const Module = require("node:module");
const path = require("node:path");
const { format } = require("node:util");
const { patchConsole } = require("./console.cjs");
const { createContext, forwardTraceId } = require("./context.cjs");
const { chooseInvoker } = require("./invoker.cjs");
const { importFromNodePath } = require("./node-path.cjs");
const { loadHandler } = require("./user-function.cjs");

/** A line that imports functions, which loads what the older ones need too. */
const IMPORTS = 24;

/** A function like any other: with an extension that its package.json gives a meaning. */
const SAMPLE = path.join(__dirname, "sample");

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
  // Node.js read NODE_PATH when it started.
  Module._initPaths();
  process.chdir(directory);
}

/**
 * Loads and serves a function once, so that what every init and invocation runs is loaded and compiled. Leaves nothing
 * that code can see; variables and console are set anew after it.
 */
async function exercise() {
  await import("./nothing.mjs");
  patchConsole();
  importFromNodePath("/nowhere/node_modules");
  const handler = await loadHandler(SAMPLE, "sample.handler", IMPORTS);
  const invoke = chooseInvoker(handler, IMPORTS, { hold: ignore, respond: ignore });
  forwardTraceId(undefined);
  await invoke("", Buffer.from("{}"), () => createContext(new Map(), IMPORTS), ignore);
  format("%s %o", new Date(0).toISOString(), JSON.parse(JSON.stringify({ at: [1] })));
  delete globalThis.awslambda;
  delete require.cache[path.join(SAMPLE, "sample.js")];
}

function ignore() {
  // Nobody is told of an exercise.
}

module.exports = { awaitAssignment };
