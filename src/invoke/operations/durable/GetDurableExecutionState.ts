import type {
  GetDurableExecutionStateRequest,
  GetDurableExecutionStateResponse,
} from "@aws-sdk/client-lambda";
import { invokeLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { describeOperation, describeStart } from "../../durable/describe.ts";
import { findExecution } from "../../durable/finding.ts";
import { checkpointToken } from "../../durable/names.ts";
import { decodeStateMarker, encodeStateMarker, itemsOf } from "../../durable/pages.ts";
import { fail } from "../../errors.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionState.html */
export async function GetDurableExecutionState(
  { durable }: Pick<InvokeServices, "durable">,
  request: GetDurableExecutionStateRequest,
  context: RequestContext,
): Promise<GetDurableExecutionStateResponse> {
  const execution = await findExecution(durable, request.DurableExecutionArn, context);
  if (execution.status !== "RUNNING" || request.CheckpointToken !== checkpointToken(execution)) {
    throw fail("InvalidParameterValueException", { with: "Invalid checkpoint token" });
  }
  const after = decodeStateMarker(request.Marker);
  const first = after < 0;
  const store = await durable.store();
  const items = itemsOf(request.MaxItems) - (first ? 1 : 0);
  const page =
    items === 0
      ? { operations: [], more: -1 }
      : await store.read("operations", {
          id: execution.id,
          after,
          items,
          bytes: invokeLimits.durablePageBytes,
        });
  const time = (milliseconds: number) => new Date(milliseconds);
  return {
    Operations: [
      ...(first ? [describeStart(execution, await store.read("input", execution.id), time)] : []),
      ...page.operations.map((operation) => describeOperation({ operation, time })),
    ],
    ...(page.more === undefined || page.more < 0 ? {} : { NextMarker: encodeStateMarker(page.more) }),
  };
}
