import type { OperationUpdate } from "@aws-sdk/client-lambda";
import { type Clock, type Randomness, ServiceError } from "../../base/index.ts";
import type { FunctionCatalog } from "../../functions/index.ts";
import type { Preparation } from "./machine.ts";
import type { Execution } from "./model.ts";
import { executionArn } from "./names.ts";
import { demandQualified, isDurable, newExecution } from "./starting.ts";

/**
 * Finds the functions that a checkpoint's chained invokes call, because the store cannot. A durable one gets an
 * execution of its own, which the checkpoint starts; one that cannot be called fails its operation.
 */
export function prepareCalls(
  services: {
    readonly catalog: Pick<FunctionCatalog, "resolve">;
    readonly clock: Clock;
    readonly randomness: Randomness;
  },
  execution: Execution,
  updates: readonly OperationUpdate[],
): {
  readonly prepared: Readonly<Record<string, Preparation>>;
  readonly children: readonly { readonly execution: Execution; readonly input: string }[];
} {
  const prepared: Record<string, Preparation> = {};
  const children: { execution: Execution; input: string }[] = [];
  for (const { Type, Action, Id = "", Payload, ChainedInvokeOptions } of updates) {
    const functionName = ChainedInvokeOptions?.FunctionName;
    if (Type !== "CHAINED_INVOKE" || Action !== "START" || functionName === undefined) continue;
    try {
      const { account, region, traceId } = execution;
      const target = services.catalog.resolve({ account, region, functionName });
      if (!isDurable(target)) {
        prepared[Id] = { functionName };
        continue;
      }
      demandQualified(target);
      const child = newExecution(services, target, {
        traceId,
        parent: { id: execution.id, operationId: Id },
      });
      prepared[Id] = { functionName, child: { id: child.id, arn: executionArn(child) } };
      children.push({ execution: child, input: Payload ?? "{}" });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      prepared[Id] = { error: { ErrorType: error.code, ErrorMessage: error.message } };
    }
  }
  return { prepared, children };
}
