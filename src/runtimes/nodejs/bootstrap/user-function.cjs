"use strict";

const { existsSync, readFileSync } = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const {
  HandlerNotFound,
  ImportModuleError,
  MalformedHandlerName,
  UserCodeSyntaxError,
} = require("./errors.cjs");
const { provideGlobals } = require("./streaming.cjs");

/** Errors name who required what they are about: on Lambda that is one file, so it is here. */
function lambdasRequire() {
  return require("node:module").createRequire("/var/runtime/index.mjs");
}

/** Finds the function that a handler such as `dir/file.export.nested` names; errors carry the runtime's types. */
async function loadHandler(root, handler, major) {
  if (handler.includes("..")) {
    throw new MalformedHandlerName(
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(handler);
  const directory = handler.slice(0, handler.indexOf(base));
  const dot = base.indexOf(".");
  if (dot < 0) throw new MalformedHandlerName("Bad handler");
  const name = base.slice(0, dot);
  provideGlobals(major);
  const exported = await load(root, directory, name, major);
  const found = resolveExport(exported, base.slice(dot + 1), major);
  if (!found) throw new HandlerNotFound(`${handler} is undefined or not exported`);
  if (typeof found !== "function") throw new HandlerNotFound(`${handler} is not a function`);
  return found;
}

function resolveExport(exported, names, major) {
  const walk = (object) => names.split(".").reduce((at, name) => at && at[name], object);
  return walk(exported) ?? (major >= 24 ? walk(exported?.default) : undefined);
}

async function load(root, directory, name, major) {
  try {
    const file = path.resolve(root, directory, name);
    const loaded = major >= 24 ? await importFile(file) : await requireOrImportFile(file);
    // Not require(name): that would look for it beside the runtime instead of beside the function.
    if (loaded !== undefined && loaded !== null) return loaded;
    const requireAsLambda = lambdasRequire();
    return requireAsLambda(requireAsLambda.resolve(name, { paths: [root, path.join(root, directory)] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(error);
    if (error?.code === "MODULE_NOT_FOUND") throw new ImportModuleError(error);
    throw error;
  }
}

/** The order of nodejs24.x and later: everything is imported. */
async function importFile(file) {
  for (const extension of ["", ".js", ".mjs", ".cjs"]) {
    if (existsSync(file + extension)) return await import(pathToFileURL(file + extension).href);
  }
  return undefined;
}

/** The order up to nodejs22.x: CommonJS unless package.json or the extension says otherwise. */
async function requireOrImportFile(file) {
  const requireAsLambda = lambdasRequire();
  if (existsSync(file)) return requireAsLambda(file);
  if (existsSync(`${file}.js`)) {
    return isModulePackage(path.dirname(file))
      ? await import(pathToFileURL(`${file}.js`).href)
      : requireAsLambda(`${file}.js`);
  }
  if (existsSync(`${file}.mjs`)) return await import(pathToFileURL(`${file}.mjs`).href);
  return existsSync(`${file}.cjs`) ? requireAsLambda(`${file}.cjs`) : undefined;
}

/** Whether the nearest package.json says `"type": "module"`; it is not looked for outside a node_modules. */
function isModulePackage(directory) {
  for (let at = directory; !at.endsWith("/node_modules"); at = path.dirname(at)) {
    const file = path.join(at, "package.json");
    if (existsSync(file)) {
      try {
        return JSON.parse(readFileSync(file, "utf8"))?.type === "module";
      } catch (error) {
        console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (at === path.dirname(at)) return false;
  }
  return false;
}

module.exports = { loadHandler };
