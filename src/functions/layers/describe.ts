import type { GetLayerVersionResponse, LayerVersionsListItem } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { formatTime } from "../configuration.ts";
import type { ControlPlane } from "../control-plane.ts";
import { optional } from "../optional.ts";
import { type LayerName, type LayerVersion, layerArn, layerVersionArn } from "./layer.ts";

type Runtimes = NonNullable<LayerVersionsListItem["CompatibleRuntimes"]>;
type Architectures = NonNullable<LayerVersionsListItem["CompatibleArchitectures"]>;

/** A layer version with an address under which its archive can be fetched. */
export function describeLayerVersion(
  plane: ControlPlane,
  layer: LayerName,
  version: LayerVersion,
  context: RequestContext,
): GetLayerVersionResponse {
  const { sha256, sizeBytes } = version.code;
  const location = plane.codeLocation({
    account: layer.account,
    sha256,
    expiresAt: plane.clock.now() + functionLimits.codeLocationExpirySeconds * 1_000,
    endpoint: context.endpoint,
  });
  return {
    Content: {
      Location: location,
      CodeSha256: Buffer.from(sha256, "hex").toString("base64"),
      CodeSize: sizeBytes,
    },
    LayerArn: layerArn(layer),
    ...listLayerVersion(layer, version),
  };
}

/** The shorter form of lists. */
export function listLayerVersion(layer: LayerName, version: LayerVersion): LayerVersionsListItem {
  return {
    LayerVersionArn: layerVersionArn(layer, version.version),
    Version: version.version,
    Description: version.description,
    CreatedDate: formatTime(version.createdAt),
    ...optional("CompatibleRuntimes", version.runtimes && ([...version.runtimes] as Runtimes)),
    ...optional(
      "CompatibleArchitectures",
      version.architectures && ([...version.architectures] as Architectures),
    ),
    ...optional("LicenseInfo", version.licenseInfo),
  };
}

/** Whether a version says that it goes with what is asked for. */
export function matches(
  version: LayerVersion,
  wanted: {
    readonly CompatibleRuntime?: string | undefined;
    readonly CompatibleArchitecture?: string | undefined;
  },
): boolean {
  const { CompatibleRuntime: runtime, CompatibleArchitecture: architecture } = wanted;
  return (
    (runtime === undefined || (version.runtimes ?? []).includes(runtime)) &&
    (architecture === undefined || (version.architectures ?? []).includes(architecture))
  );
}
