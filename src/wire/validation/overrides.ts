import type { ServiceName } from "../service.ts";
import type { ConstraintOverrides } from "./validator.ts";

/**
 * Where the live services deviate from their models. Keys are names of shapes in the constraint tables, or of one member; `null` lifts
 * all that the model says, because the service's own handler gives another error.
 */
export const CONSTRAINT_OVERRIDES: Partial<Readonly<Record<ServiceName, ConstraintOverrides>>> = {
  lambda: {
    // Answered with InvalidParameterValueException and a list of the runtimes that are supported now.
    "CreateFunctionRequest.Runtime": null,
    "UpdateFunctionConfigurationRequest.Runtime": null,
    // The model's 5400 s and 32768 MB hold for functions on capacity providers only.
    Timeout: { max: 900 },
    MemorySize: { max: 10_240 },
    // The text that the live service prints.
    NamespacedFunctionName: {
      pattern:
        "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?",
    },
    // Larger pages are cut down to the largest there is.
    MaxListItems: { max: 10_000 },
    // In the order that the live service prints.
    InvokeMode: { enum: ["RESPONSE_STREAM", "BUFFERED"] },
    // A reserved concurrency is checked after the function was found.
    ReservedConcurrentExecutions: null,
  },
  // S3 answers bad values with errors of its own for each.
  s3: {},
};

/** Services that check nothing against the model, because each operation has its own errors. */
export const UNVALIDATED_SERVICES: ReadonlySet<ServiceName> = new Set<ServiceName>(["s3"]);
