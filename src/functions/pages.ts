import { functionLimits } from "../base/index.ts";
import { because } from "./errors.ts";

/** More than a page may hold is cut, not refused. */
export function pageSize(maxItems: number | undefined): number {
  return Math.min(maxItems ?? functionLimits.listPageItems, functionLimits.listPageItems);
}

/** Markers are opaque to callers, and hold where the page ended, so that what comes or goes meanwhile does no harm. */
export function encodeMarker(position: object): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

export function decodeMarker<Position>(
  marker: string,
  check: (value: unknown) => value is Position,
): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(marker, "base64url").toString());
    if (check(position)) return position;
  } catch {
    // Falls through to the answer that every other bad marker gets.
  }
  throw because("badMarker");
}
