import { parseArn } from "../../base/index.ts";
import { because } from "../errors.ts";

const LAYERS_MOST = 5;

/** Checks layer version ARNs in the service's order. No layer exists on this server, so any that is named is missing. */
export function checkLayers(arns: readonly string[], region: string): void {
  if (arns.length > LAYERS_MOST) throw because("tooManyLayers");
  const seen = new Map<string, string>();
  for (const arn of arns) {
    const layer = arn.slice(0, arn.lastIndexOf(":"));
    const first = seen.get(layer);
    if (first !== undefined) throw because("sameLayerTwice", { first, second: arn });
    seen.set(layer, arn);
  }
  for (const arn of arns) {
    if (parseArn(arn)?.region !== region) throw because("layerRegion", { region });
    throw because("layerMissing", { arn });
  }
}
