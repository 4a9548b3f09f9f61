"use strict";

const v8 = require("node:v8");
const vm = require("node:vm");

/** From here on V8 can be asked for a collection that gives memory back; before, it would take more. */
const OLDEST_WITH_RETURN = 22;

/** Gives back the memory of what starting left behind, and of the room for new objects, which is empty then. */
async function collectGarbage() {
  if (Number(process.versions.node.split(".")[0]) < OLDEST_WITH_RETURN) return;
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc");
  // Contexts that a function makes have none.
  v8.setFlagsFromString("--no-expose-gc");
  // When nothing runs, whose stack might refer to anything.
  await collect({ type: "major", flavor: "last-resort", execution: "async" });
}

module.exports = { collectGarbage };
