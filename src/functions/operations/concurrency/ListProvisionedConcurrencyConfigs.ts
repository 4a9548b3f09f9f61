import type {
  ListProvisionedConcurrencyConfigsRequest,
  ListProvisionedConcurrencyConfigsResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeProvisioned } from "../../concurrency/provisioned.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFunction } from "../../lookup.ts";
import { qualified } from "../../names.ts";
import { pageOf } from "../../pages.ts";
import { qualifierOrder } from "../../qualifier-settings.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html */
export function ListProvisionedConcurrencyConfigs(
  plane: ControlPlane,
  input: ListProvisionedConcurrencyConfigsRequest,
  context: RequestContext,
): ListProvisionedConcurrencyConfigsResponse {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const entry = findFunction(plane, target);
  const all = Object.entries(entry.document.provisioned ?? {});
  const { items, marker } = pageOf(all, ([qualifier]) => qualifierOrder(qualifier), input);
  return {
    ProvisionedConcurrencyConfigs: items.map(([qualifier, config]) => ({
      FunctionArn: qualified(entry.arn, qualifier),
      ...describeProvisioned(plane, entry, qualifier, config),
    })),
    ...marker,
  };
}
