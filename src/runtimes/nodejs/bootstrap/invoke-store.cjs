"use strict";

const PROTECTED_KEYS = {
  REQUEST_ID: Symbol.for("_AWS_LAMBDA_REQUEST_ID"),
  X_RAY_TRACE_ID: Symbol.for("_AWS_LAMBDA_X_RAY_TRACE_ID"),
  TENANT_ID: Symbol.for("_AWS_LAMBDA_TENANT_ID"),
};

/**
 * What code keeps for the time of an invocation, and what the runtime tells of it: `awslambda.InvokeStore` of nodejs24.x
 * and later, which https://www.npmjs.com/package/@aws/lambda-invoke-store finds.
 */
class InvokeStore {
  static PROTECTED_KEYS = PROTECTED_KEYS;
  #context;

  getContext() {
    return this.#context;
  }

  hasContext() {
    return this.#context !== undefined;
  }

  get(key) {
    return this.#context?.[key];
  }

  set(key, value) {
    if (this.isProtectedKey(key)) {
      throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    }
    this.#context ??= {};
    this.#context[key] = value;
  }

  run(context, call) {
    this.#context = context;
    return call();
  }

  getRequestId() {
    return this.get(PROTECTED_KEYS.REQUEST_ID) ?? "-";
  }

  getXRayTraceId() {
    return this.get(PROTECTED_KEYS.X_RAY_TRACE_ID);
  }

  getTenantId() {
    return this.get(PROTECTED_KEYS.TENANT_ID);
  }

  isProtectedKey(key) {
    return Object.values(PROTECTED_KEYS).includes(key);
  }
}

const invokeStore = new InvokeStore();

/** Begins what is kept for an invocation. */
function enterInvocation(requestId, traceId, tenantId) {
  const context = {
    [PROTECTED_KEYS.REQUEST_ID]: requestId,
    [PROTECTED_KEYS.X_RAY_TRACE_ID]: traceId,
    [PROTECTED_KEYS.TENANT_ID]: tenantId,
  };
  invokeStore.run(context, () => undefined);
}

/** As before the first one. */
function leaveInvocation() {
  invokeStore.run(undefined, () => undefined);
}

module.exports = { enterInvocation, invokeStore, leaveInvocation };
