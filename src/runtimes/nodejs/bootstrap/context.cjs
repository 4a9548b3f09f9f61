"use strict";

/** Sets or removes the variable that tracing libraries read. */
function forwardTraceId(traceId) {
  if (traceId === undefined || traceId === "") delete process.env._X_AMZN_TRACE_ID;
  else process.env._X_AMZN_TRACE_ID = traceId;
}

/** The context object, https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function createContext(fields, major) {
  const deadlineMs = Number(fields.get("lambda-runtime-deadline-ms"));
  const context = {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parse(fields.get("lambda-runtime-client-context"), "ClientContext"),
    identity: parse(fields.get("lambda-runtime-cognito-identity"), "CognitoIdentity"),
    invokedFunctionArn: fields.get("lambda-runtime-invoked-function-arn"),
    awsRequestId: fields.get("lambda-runtime-aws-request-id"),
    tenantId: fields.get("lambda-runtime-aws-tenant-id"),
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  if (major >= 24) context.xRayTraceId = fields.get("lambda-runtime-trace-id");
  return context;
}

function parse(text, name) {
  if (text === undefined || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${String(error)}`, { cause: error });
  }
}

module.exports = { createContext, forwardTraceId };
