import { functionLimits, parseArn } from "../../base/index.ts";
import { because } from "../errors.ts";
import type { LayerReference } from "./model.ts";

/** The layer versions that a request lists, after the service's checks in its order; undefined for an empty list. */
export function readLayers(
  arns: readonly string[],
  context: { readonly region: string; readonly layerVersion: (arn: string) => LayerReference },
): readonly LayerReference[] | undefined {
  if (arns.length > functionLimits.layers) throw because("tooManyLayers", { most: functionLimits.layers });
  const seen = new Map<string, string>();
  for (const arn of arns) {
    const layer = arn.slice(0, arn.lastIndexOf(":"));
    const first = seen.get(layer);
    if (first !== undefined) throw because("sameLayerTwice", { first, second: arn });
    seen.set(layer, arn);
  }
  const layers = arns.map((arn) => {
    if (parseArn(arn)?.region !== context.region) throw because("layerRegion", { region: context.region });
    return context.layerVersion(arn);
  });
  return layers.length === 0 ? undefined : layers;
}

/** Package and layers together have to fit into what a package alone may have. */
export function demandFit(codeBytes: number, layers: readonly LayerReference[] | undefined): void {
  if (layers === undefined) return;
  const size = layers.reduce((sum, { unzippedBytes }) => sum + unzippedBytes, codeBytes);
  if (size > functionLimits.unzippedBytes) {
    throw because("codeAndLayersTooLarge", { most: functionLimits.unzippedBytes, size });
  }
}
