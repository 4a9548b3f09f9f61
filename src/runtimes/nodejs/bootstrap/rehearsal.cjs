"use strict";

const path = require("node:path");
const { format } = require("node:util");
const { patchConsole, setRequest } = require("./console.cjs");
const { forwardTraceId } = require("./context.cjs");
const { chooseInvoker } = require("./invoker.cjs");
const { leaveInvocation } = require("./invoke-store.cjs");
const { importFromNodePath } = require("./node-path.cjs");
const { runtimeMajor } = require("./runtime-major.cjs");
const { collectGarbage } = require("./garbage.cjs");
const { serve } = require("./service.cjs");
const { takeOn } = require("./start.cjs");
const { loadHandler } = require("./user-function.cjs");

const SAMPLES = path.join(__dirname, "sample");

/** What a process that was started for its function has not loaded. */
const FOR_WAITING = ["assignment", "garbage", "rehearsal", "start"].map((name) =>
  path.join(__dirname, `${name}.cjs`),
);

/**
 * Functions as most are: a script and a module, of which nothing but their own files tell. Each is loaded once, as what
 * was loaded before would be found instead of loaded.
 */
const BEFORE_COLLECTION = ["script-1", "module-1", "script-2", "module-2"];
/** A collection forgets some of what a run finds out. */
const AFTER_COLLECTION = ["script-3"];

/**
 * Loads functions and serves events of the platform's, so that what the first init and invocation run is loaded and
 * compiled. Leaves nothing that code can see; the variables and the console are set anew after it.
 */
async function rehearse(client) {
  let next = client.next();
  for (const name of BEFORE_COLLECTION) ({ next } = await runThrough(name, client, next));
  await collectGarbage();
  for (const name of AFTER_COLLECTION) ({ next } = await runThrough(name, client, next));
  await next;
  client.hold();
  format("%s %o", new Date(0).toISOString(), JSON.parse(JSON.stringify({ at: [1] })));
  forget();
}

async function runThrough(name, client, next) {
  const major = runtimeMajor();
  const variables = Object.entries(process.env).map((variable) => variable.join("="));
  takeOn(Buffer.from([process.cwd(), ...variables, "REHEARSAL=1"].join("\0")));
  patchConsole();
  importFromNodePath("/nowhere/node_modules");
  const handler = await loadHandler(SAMPLES, `${name}.handler`, major);
  const served = await serve(client, next, chooseInvoker(handler, major, client), major, ignore);
  delete process.env.REHEARSAL;
  return served;
}

function forget() {
  for (const [file, loaded] of Object.entries(require.cache)) {
    if (path.dirname(file) !== SAMPLES && !FOR_WAITING.includes(file)) continue;
    delete require.cache[file];
    const siblings = loaded.parent?.children;
    siblings?.splice(siblings.indexOf(loaded), 1);
  }
  setRequest(undefined, undefined);
  forwardTraceId(undefined);
  leaveInvocation();
  delete globalThis.awslambda;
}

function ignore() {
  // Nobody is told of a rehearsal.
}

module.exports = { rehearse };
