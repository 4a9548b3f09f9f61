"use strict";

const { existsSync } = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

/**
 * Lets `import` find packages of layers and of the runtime, as Lambda does since nodejs18.x: what is not found beside the
 * function is looked for in the directories of NODE_PATH, which Node.js itself only reads for `require`.
 */
function importFromNodePath(nodePath = "") {
  const parents = nodePath
    .split(path.delimiter)
    .filter((directory) => directory.endsWith("/node_modules") && existsSync(directory))
    .map((directory) => pathToFileURL(path.join(path.dirname(directory), "import.mjs")).href);
  if (parents.length === 0) return;
  const Module = require("node:module");
  const { isBare, isUnfound, withParent } = require("./bare-import.cjs");
  if (Module.registerHooks === undefined) {
    Module.register?.("./import-hook.mjs", { parentURL: pathToFileURL(__filename).href, data: { parents } });
    return;
  }
  Module.registerHooks({
    resolve(specifier, context, nextResolve) {
      try {
        return nextResolve(specifier, context);
      } catch (error) {
        if (!isUnfound(error) || !isBare(specifier)) throw error;
        for (const parent of parents) {
          try {
            return nextResolve(specifier, withParent(context, parent));
          } catch (other) {
            if (!isUnfound(other)) throw other;
          }
        }
        throw error;
      }
    },
  });
}

module.exports = { importFromNodePath };
