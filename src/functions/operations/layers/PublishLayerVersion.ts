import type { PublishLayerVersionRequest, PublishLayerVersionResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { type ControlPlane, demandStorage } from "../../control-plane.ts";
import { describeLayerVersion } from "../../layers/describe.ts";
import { locateOwnLayer } from "../../layers/lookup.ts";
import { optional } from "../../optional.ts";
import { checkSource } from "../../package/intake.ts";
import { identityOf } from "../../package/package-store.ts";

export async function PublishLayerVersion(
  plane: ControlPlane,
  input: PublishLayerVersionRequest,
  context: RequestContext,
): Promise<PublishLayerVersionResponse> {
  const layer = locateOwnLayer(input.LayerName, context);
  const content = input.Content ?? {};
  checkSource(content);
  const held = await plane.intake.take(content, layer);
  try {
    demandStorage(plane, layer, held.sizeBytes);
    const version = await plane.layers.publish(layer, {
      createdAt: plane.clock.now(),
      code: identityOf(held),
      description: input.Description ?? "",
      ...optional("runtimes", input.CompatibleRuntimes),
      ...optional("architectures", input.CompatibleArchitectures),
      ...optional("licenseInfo", input.LicenseInfo),
    });
    return describeLayerVersion(plane, layer, version, context);
  } finally {
    held.release();
  }
}
