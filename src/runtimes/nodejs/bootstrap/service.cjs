"use strict";

const { setRequest } = require("./console.cjs");
const { createContext, forwardTraceId } = require("./context.cjs");
const { enterInvocation } = require("./invoke-store.cjs");

/**
 * Awaits the event that `next` resolves to and runs `invoke` on it. `tellBy` is told how the platform hears, from then
 * on, of an error that no handler answers for; nothing while there is no invocation. Resolves to `{ next }`, the promise
 * of the following event.
 */
async function serve(client, next, invoke, major, tellBy) {
  client.hold();
  tellBy(undefined);
  const { fields, body } = await next;
  const id = fields.get("lambda-runtime-aws-request-id");
  const traceId = fields.get("lambda-runtime-trace-id");
  const tenantId = fields.get("lambda-runtime-aws-tenant-id");
  setRequest(id, tenantId);
  forwardTraceId(traceId);
  if (major >= 24) enterInvocation(id, traceId, tenantId);
  tellBy((error) => client.invocationError(id, error));
  client.release();
  return invoke(id, body, () => createContext(fields, major), tellBy);
}

module.exports = { serve };
