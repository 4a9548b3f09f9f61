import { invokeLimits } from "../../../base/index.ts";

/** Items of a page; 0 asks for as many as is usual. */
export function itemsOf(maxItems: number | undefined): number {
  return maxItems || invokeLimits.durableListPageItems;
}
