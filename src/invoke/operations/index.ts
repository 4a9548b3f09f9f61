import { CheckpointDurableExecution } from "./durable/CheckpointDurableExecution.ts";
import { GetDurableExecution } from "./durable/GetDurableExecution.ts";
import { GetDurableExecutionHistory } from "./durable/GetDurableExecutionHistory.ts";
import { GetDurableExecutionState } from "./durable/GetDurableExecutionState.ts";
import { ListDurableExecutionsByFunction } from "./durable/ListDurableExecutionsByFunction.ts";
import { SendDurableExecutionCallbackFailure } from "./durable/SendDurableExecutionCallbackFailure.ts";
import { SendDurableExecutionCallbackHeartbeat } from "./durable/SendDurableExecutionCallbackHeartbeat.ts";
import { SendDurableExecutionCallbackSuccess } from "./durable/SendDurableExecutionCallbackSuccess.ts";
import { StopDurableExecution } from "./durable/StopDurableExecution.ts";
import { Invoke } from "./Invoke.ts";
import { InvokeAsync } from "./InvokeAsync.ts";
import { InvokeWithResponseStream } from "./InvokeWithResponseStream.ts";

/** The operations of the Lambda service that run functions. */
export const operations = {
  CheckpointDurableExecution,
  GetDurableExecution,
  GetDurableExecutionHistory,
  GetDurableExecutionState,
  Invoke,
  InvokeAsync,
  InvokeWithResponseStream,
  ListDurableExecutionsByFunction,
  SendDurableExecutionCallbackFailure,
  SendDurableExecutionCallbackHeartbeat,
  SendDurableExecutionCallbackSuccess,
  StopDurableExecution,
};
