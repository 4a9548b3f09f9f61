import type { VpcConfig } from "@aws-sdk/client-lambda";
import { because } from "../errors.ts";
import type { VpcSettings } from "./model.ts";

const NONE: VpcSettings = { subnetIds: [], securityGroupIds: [], ipv6AllowedForDualStack: false };

/** What a request says over what there is. Subnets come with security groups; two empty lists take the function out. */
export function readVpc(input: VpcConfig, present: VpcSettings = NONE): VpcSettings {
  const subnetIds = input.SubnetIds ?? present.subnetIds;
  const securityGroupIds = input.SecurityGroupIds ?? present.securityGroupIds;
  if ((subnetIds.length === 0) !== (securityGroupIds.length === 0)) throw because("halfVpc");
  return {
    subnetIds,
    securityGroupIds,
    ipv6AllowedForDualStack:
      subnetIds.length > 0 && (input.Ipv6AllowedForDualStack ?? present.ipv6AllowedForDualStack),
  };
}
