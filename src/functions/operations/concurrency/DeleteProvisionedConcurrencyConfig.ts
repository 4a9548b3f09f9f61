import type { DeleteProvisionedConcurrencyConfigRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { findHolder, locateProvisioned, provisionedOf } from "../../concurrency/provisioned.ts";
import type { ControlPlane } from "../../control-plane.ts";

/**
 * Also fine if nothing was provisioned.
 * https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html
 */
export async function DeleteProvisionedConcurrencyConfig(
  plane: ControlPlane,
  input: DeleteProvisionedConcurrencyConfigRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateProvisioned(
    plane,
    context,
    { FunctionName: input.FunctionName, Qualifier: input.Qualifier },
    "notPublished",
  );
  findHolder(plane, target);
  await plane.commitments.take(target, () =>
    plane.repository.update(target, target.name, (present) => {
      if (provisionedOf(present, target.qualifier) === undefined) return undefined;
      const { [target.qualifier]: _gone, ...provisioned } = present.document.provisioned ?? {};
      return { document: { ...present.document, provisioned } };
    }),
  );
  return {};
}
