import type {
  GetProvisionedConcurrencyConfigRequest,
  GetProvisionedConcurrencyConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import {
  describeProvisioned,
  findHolder,
  locateProvisioned,
  provisionedOf,
} from "../../concurrency/provisioned.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html */
export function GetProvisionedConcurrencyConfig(
  plane: ControlPlane,
  input: GetProvisionedConcurrencyConfigRequest,
  context: RequestContext,
): GetProvisionedConcurrencyConfigResponse {
  const target = locateProvisioned(
    plane,
    context,
    { FunctionName: input.FunctionName, Qualifier: input.Qualifier },
    "notPublished",
  );
  const entry = findHolder(plane, target);
  const config = provisionedOf(entry, target.qualifier);
  if (config === undefined) throw because("notProvisioned");
  return describeProvisioned(plane, entry, target.qualifier, config);
}
