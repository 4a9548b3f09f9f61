"use strict";

const Module = require("node:module");
const path = require("node:path");
const { format } = require("node:util");
const { patchConsole, setRequest } = require("./console.cjs");
const { forwardTraceId } = require("./context.cjs");
const { chooseInvoker } = require("./invoker.cjs");
const { leaveInvocation } = require("./invoke-store.cjs");
const { importFromNodePath } = require("./node-path.cjs");
const { runtimeMajor } = require("./runtime-major.cjs");
const { serve } = require("./service.cjs");
const { loadHandler } = require("./user-function.cjs");

/** A function like any other: with an extension that its package.json gives a meaning. */
const SAMPLE = path.join(__dirname, "sample");

/** Until what is run has settled on how; further ones change little. */
const REHEARSALS = 4;

/**
 * Waits until the platform says which function this process is for, and becomes what a process that was started for
 * it would be: its variables and its working directory.
 */
async function awaitAssignment(client) {
  await rehearse(client);
  const { body } = await client.assignment();
  takeOn(body);
}

/** The working directory, and the variables of a start; what is as it was is left alone, as TZ, which costs much. */
function takeOn(assignment) {
  const [directory, ...lines] = assignment.toString("utf8").split("\0");
  const variables = new Map();
  for (const line of lines) {
    const equals = line.indexOf("=");
    variables.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const nodePath = process.env.NODE_PATH;
  for (const name of Object.keys(process.env)) if (!variables.has(name)) delete process.env[name];
  for (const [name, value] of variables) if (process.env[name] !== value) process.env[name] = value;
  // Node.js read it when it started.
  if (process.env.NODE_PATH !== nodePath) Module._initPaths();
  process.chdir(directory);
}

/**
 * Loads a function and serves events of the platform's, so that what the first init and invocation run is loaded and
 * compiled. Leaves nothing that code can see; the variables and the console are set anew after it.
 */
async function rehearse(client) {
  await import("./nothing.mjs");
  const major = runtimeMajor();
  const variables = Object.entries(process.env).map((variable) => variable.join("="));
  let next = client.next();
  for (let turn = 0; turn < REHEARSALS; turn += 1) {
    takeOn(Buffer.from([process.cwd(), ...variables, "REHEARSAL=1"].join("\0")));
    patchConsole();
    importFromNodePath("/nowhere/node_modules");
    const handler = await loadHandler(SAMPLE, "sample.handler", major);
    const invoke = chooseInvoker(handler, major, client);
    ({ next } = await serve(client, next, invoke, major, ignore));
    forgetSample();
  }
  await next;
  client.hold();
  format("%s %o", new Date(0).toISOString(), JSON.parse(JSON.stringify({ at: [1] })));
  setRequest(undefined, undefined);
  forwardTraceId(undefined);
  leaveInvocation();
  delete globalThis.awslambda;
}

function forgetSample() {
  delete require.cache[path.join(SAMPLE, "sample.js")];
}

function ignore() {
  // Nobody is told of a rehearsal.
}

module.exports = { awaitAssignment };
