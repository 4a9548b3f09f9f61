import type { StopDurableExecutionRequest, StopDurableExecutionResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { findExecution } from "../../durable/finding.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_StopDurableExecution.html */
export async function StopDurableExecution(
  { durable, clock }: Pick<InvokeServices, "durable" | "clock">,
  input: StopDurableExecutionRequest,
  context: RequestContext,
): Promise<StopDurableExecutionResponse> {
  const execution = await findExecution(durable, input.DurableExecutionArn, context);
  const store = await durable.store();
  const { stoppedAt, after } = await store.write("stop", {
    id: execution.id,
    now: clock.now(),
    error: input.Error ?? { ErrorMessage: "Execution stopped by user request" },
  });
  durable.follow(execution.id, after);
  return { StopTimestamp: new Date(stoppedAt) };
}
