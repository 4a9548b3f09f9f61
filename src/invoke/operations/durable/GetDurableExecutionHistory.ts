import type {
  GetDurableExecutionHistoryRequest,
  GetDurableExecutionHistoryResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { findExecution } from "../../durable/finding.ts";
import { shownEvent } from "../../durable/history.ts";
import { decodeEventMarker, encodeEventMarker, itemsOf } from "../../durable/pages.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionHistory.html */
export async function GetDurableExecutionHistory(
  { durable }: Pick<InvokeServices, "durable">,
  request: GetDurableExecutionHistoryRequest,
  context: RequestContext,
): Promise<GetDurableExecutionHistoryResponse> {
  const execution = await findExecution(durable, request.DurableExecutionArn, context);
  const most = itemsOf(request.MaxItems);
  const store = await durable.store();
  const events = await store.read("events", {
    id: execution.id,
    from: decodeEventMarker(request.Marker),
    limit: most + 1,
    reverse: request.ReverseOrder ?? false,
  });
  const page = events.slice(0, most);
  const last = page.at(-1)?.EventId;
  return {
    Events: page.map((event) => shownEvent(event, request.IncludeExecutionData ?? false)),
    ...(events.length > most && last !== undefined ? { NextMarker: encodeEventMarker(last) } : {}),
  };
}
