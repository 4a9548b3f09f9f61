import type {
  PutProvisionedConcurrencyConfigRequest,
  PutProvisionedConcurrencyConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { demandProvisionable } from "../../concurrency/checks.ts";
import type { ProvisionedConfig } from "../../concurrency/model.ts";
import {
  demandProvisionedKind,
  demandProvisionedOnce,
  describeProvisioned,
  findHolder,
  locateProvisioned,
} from "../../concurrency/provisioned.ts";
import type { ControlPlane } from "../../control-plane.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html */
export async function PutProvisionedConcurrencyConfig(
  plane: ControlPlane,
  input: PutProvisionedConcurrencyConfigRequest,
  context: RequestContext,
): Promise<PutProvisionedConcurrencyConfigResponse> {
  const target = locateProvisioned(
    plane,
    context,
    { FunctionName: input.FunctionName, Qualifier: input.Qualifier },
    "provisionedOnLatest",
  );
  findHolder(plane, target);
  const { qualifier } = target;
  const requested = input.ProvisionedConcurrentExecutions ?? 0;
  const config: ProvisionedConfig = { requested, lastModified: plane.clock.now() };
  const entry = await plane.commitments.take(target, () =>
    plane.repository.update(target, target.name, (present) => {
      findHolder(plane, target);
      demandProvisionedKind(present, qualifier);
      demandProvisionedOnce(present, qualifier);
      const provisioned = { ...present.document.provisioned, [qualifier]: config };
      demandProvisionable(plane, present, provisioned, requested);
      // It starts again, also where the last attempt failed.
      plane.provisionedReports.drop(present.arn, qualifier);
      return { document: { ...present.document, provisioned } };
    }),
  );
  return describeProvisioned(plane, entry, qualifier, config);
}
