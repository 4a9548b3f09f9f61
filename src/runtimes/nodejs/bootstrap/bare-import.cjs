"use strict";

/** Whether the name is a package's, not a path or an address. */
function isBare(specifier) {
  return /^(@|\w)[^:]*$/.test(specifier);
}

/** Of an `import`; what `require` doesn't find has another code. */
function isUnfound(error) {
  return error?.code === "ERR_MODULE_NOT_FOUND";
}

/** As if the import stood in a module at that address. */
function withParent(context, parentURL) {
  return { ...context, parentURL };
}

module.exports = { isBare, isUnfound, withParent };
