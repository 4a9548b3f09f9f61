"use strict";

/** Called once when the event loop has nothing left to do; undefined if nobody waits for that. */
let drained;

/** `callback` runs at the next time that the event loop is empty, unless it is replaced before. */
function onDrained(callback) {
  drained = callback;
}

function watchEventLoop() {
  process.on("beforeExit", () => {
    const callback = drained;
    drained = undefined;
    callback?.();
  });
}

module.exports = { onDrained, watchEventLoop };
