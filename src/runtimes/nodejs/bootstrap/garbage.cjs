"use strict";

const v8 = require("node:v8");
const vm = require("node:vm");

/** From here on V8 can be asked for a collection that gives memory back; before, it would take more. */
const OLDEST_WITH_RETURN = 22;

/** The second one gives back what the first one made free. */
const COLLECTIONS = 2;

/**
 * Gives back the memory of what starting left behind, and the room for new objects, which is empty then. Code that has
 * been compiled stays.
 */
async function collectGarbage() {
  if (Number(process.versions.node.split(".")[0]) < OLDEST_WITH_RETURN) return;
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc");
  v8.setFlagsFromString("--no-expose-gc");
  v8.setFlagsFromString("--no-flush-bytecode");
  for (let n = 0; n < COLLECTIONS; n += 1) {
    // When nothing runs, whose stack might refer to anything.
    await collect({ type: "major", flavor: "last-resort", execution: "async" });
  }
  v8.setFlagsFromString("--flush-bytecode");
}

module.exports = { collectGarbage };
