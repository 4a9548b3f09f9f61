import type {
  CheckpointDurableExecutionRequest,
  CheckpointDurableExecutionResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { prepareCalls } from "../../durable/chained.ts";
import { describeOperation } from "../../durable/describe.ts";
import { findExecution } from "../../durable/finding.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CheckpointDurableExecution.html */
export async function CheckpointDurableExecution(
  services: InvokeServices,
  input: CheckpointDurableExecutionRequest,
  context: RequestContext,
): Promise<CheckpointDurableExecutionResponse> {
  const { durable, clock } = services;
  const execution = await findExecution(durable, input.DurableExecutionArn, context);
  const updates = input.Updates ?? [];
  const { prepared, children } = prepareCalls(services, execution, updates);
  const store = await durable.store();
  const { token, operations, calls, after } = await store.write("checkpoint", {
    id: execution.id,
    now: clock.now(),
    token: input.CheckpointToken ?? "",
    clientToken: input.ClientToken,
    updates,
    prepared,
    children,
  });
  durable.follow(execution.id, after);
  durable.call(calls);
  const time = (milliseconds: number) => new Date(milliseconds);
  return {
    CheckpointToken: token,
    NewExecutionState: { Operations: operations.map((operation) => describeOperation({ operation, time })) },
  };
}
