import { functionLimits } from "../../base/index.ts";
import { because } from "../errors.ts";

export type Tags = Readonly<Record<string, string>>;

/** `present` with `added` over it. */
export function addTags(present: Tags, added: Tags): Tags {
  if (Object.keys(added).some((key) => key.toLowerCase().startsWith("aws:"))) throw because("reservedTag");
  const all = { ...present, ...added };
  if (Object.keys(all).length > functionLimits.tags) throw because("tooManyTags");
  return all;
}
