import type {
  ListDurableExecutionsByFunctionRequest,
  ListDurableExecutionsByFunctionResponse,
} from "@aws-sdk/client-lambda";
import { functionArn } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { executionArn } from "../../durable/names.ts";
import { decodeListMarker, encodeListMarker, itemsOf } from "../../durable/pages.ts";
import type { InvokeServices } from "../../request.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListDurableExecutionsByFunction.html */
export async function ListDurableExecutionsByFunction(
  { durable, catalog }: Pick<InvokeServices, "durable" | "catalog">,
  request: ListDurableExecutionsByFunctionRequest,
  context: RequestContext,
): Promise<ListDurableExecutionsByFunctionResponse> {
  const target = catalog.resolve({
    account: context.account,
    region: context.region,
    functionName: request.FunctionName ?? "",
    ...(request.Qualifier === undefined ? {} : { qualifier: request.Qualifier }),
  });
  const most = itemsOf(request.MaxItems);
  const store = await durable.store();
  const found = await store.read("list", {
    account: target.account,
    region: target.region,
    functionName: target.name,
    version: target.invokedArn === target.arn ? undefined : target.version,
    name: request.DurableExecutionName,
    statuses: request.Statuses ?? [],
    startedAfter: request.StartedAfter?.getTime() ?? -1,
    startedBefore: request.StartedBefore?.getTime() ?? Number.MAX_SAFE_INTEGER,
    from: decodeListMarker(request.Marker),
    reverse: request.ReverseOrder ?? false,
    limit: most + 1,
  });
  const page = found.slice(0, most);
  const last = page.at(-1);
  return {
    DurableExecutions: page.map((execution) => ({
      DurableExecutionArn: executionArn(execution),
      DurableExecutionName: execution.name,
      FunctionArn: functionArn(
        execution.account,
        execution.region,
        execution.functionName,
        execution.version,
      ),
      Status: execution.status,
      StartTimestamp: new Date(execution.startedAt),
      ...(execution.endedAt === undefined ? {} : { EndTimestamp: new Date(execution.endedAt) }),
    })),
    ...(found.length > most && last !== undefined ? { NextMarker: encodeListMarker(last) } : {}),
  };
}
