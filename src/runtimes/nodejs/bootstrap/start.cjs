"use strict";

const Module = require("node:module");

/** The working directory, and the variables of a start; what is as it was is left alone, as TZ, which costs much. */
function takeOn(start) {
  const [directory, ...lines] = start.toString("utf8").split("\0");
  const variables = new Map();
  for (const line of lines) {
    const equals = line.indexOf("=");
    variables.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const nodePath = process.env.NODE_PATH;
  for (const name of Object.keys(process.env)) {
    if (!variables.has(name)) delete process.env[name];
    else if (process.env[name] === variables.get(name)) variables.delete(name);
  }
  for (const [name, value] of variables) process.env[name] = value;
  // Node.js read it when it started.
  if (process.env.NODE_PATH !== nodePath) Module._initPaths();
  process.chdir(directory);
}

module.exports = { takeOn };
