import type {
  CapacityProviderScalingConfig,
  CreateCapacityProviderRequest,
  UpdateCapacityProviderRequest,
} from "@aws-sdk/client-lambda";
import { functionLimits } from "../../base/index.ts";
import { because } from "../errors.ts";
import type { CapacityProviderDocument } from "./document.ts";

type Settings = CapacityProviderDocument["settings"];

export function newCapacity(input: CreateCapacityProviderRequest): Settings {
  const { InstanceRequirements: instances, VpcConfig, PermissionsConfig } = input;
  const allowed = instances?.AllowedInstanceTypes ?? [];
  const excluded = instances?.ExcludedInstanceTypes ?? [];
  if (allowed.length > 0 && excluded.length > 0) throw because("instanceTypesTwice");
  return {
    VpcConfig,
    PermissionsConfig,
    InstanceRequirements: { Architectures: ["x86_64"], ...instances },
    CapacityProviderScalingConfig: scaling(undefined, input.CapacityProviderScalingConfig),
    ...(input.KmsKeyArn ? { KmsKeyArn: input.KmsKeyArn } : {}),
    ...(input.PropagateTags === undefined ? {} : { PropagateTags: input.PropagateTags }),
    ...(input.TelemetryConfig === undefined ? {} : { TelemetryConfig: input.TelemetryConfig }),
  };
}

export function changedCapacity(present: Settings, input: UpdateCapacityProviderRequest): Settings {
  const { CapacityProviderScalingConfig, PropagateTags, TelemetryConfig } = input;
  return {
    ...present,
    ...(CapacityProviderScalingConfig === undefined
      ? {}
      : {
          CapacityProviderScalingConfig: scaling(
            present.CapacityProviderScalingConfig,
            CapacityProviderScalingConfig,
          ),
        }),
    ...(PropagateTags === undefined ? {} : { PropagateTags }),
    ...(TelemetryConfig === undefined ? {} : { TelemetryConfig }),
  };
}

function scaling(
  present: CapacityProviderScalingConfig | undefined,
  given: CapacityProviderScalingConfig | undefined,
): CapacityProviderScalingConfig {
  const all: CapacityProviderScalingConfig = {
    MaxVCpuCount: functionLimits.capacityDefaultVCpus,
    ScalingMode: "Auto",
    ...present,
    ...given,
  };
  const policies = given?.ScalingPolicies ?? [];
  if (all.ScalingMode === "Manual") {
    if ((all.ScalingPolicies ?? []).length === 0) throw because("scalingPolicyMissing");
    return all;
  }
  if (policies.length > 0) throw because("scalingPolicyUnasked");
  return { ...all, ScalingPolicies: [] };
}
