"use strict";

/** What handlers are methods of on Lambda: traces show the names, and handlers see them as `this`. */
class Runtime {
  handler;
}
class BufferedInvokeProcessor extends Runtime {}
class StreamingInvokeProcessor extends Runtime {}

/** Calls to the handler go through the object's `handler`. */
function holderOf(handler, major, isStreaming) {
  const since24 = isStreaming ? new StreamingInvokeProcessor() : new BufferedInvokeProcessor();
  return Object.assign(major >= 24 ? since24 : new Runtime(), { handler });
}

module.exports = { holderOf };
