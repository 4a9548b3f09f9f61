import { invokeLimits } from "../../base/index.ts";
import { fail } from "../errors.ts";

/** Items of a page; 0 asks for as many as is usual. */
export function itemsOf(maxItems: number | undefined): number {
  return maxItems || invokeLimits.durableListPageItems;
}

/** Where a page of an execution's operations ended. */
export function encodeStateMarker(position: number): string {
  return Buffer.from(`state/${position}`).toString("base64url");
}

export function decodeStateMarker(marker: string | undefined): number {
  if (!marker) return -1;
  const [, position] = /^state\/(\d+)$/.exec(Buffer.from(marker, "base64url").toString()) ?? [];
  if (position === undefined) throw badMarker();
  return Number(position);
}

/** Where a page of a history ended. */
export function encodeEventMarker(number: number): string {
  return Buffer.from(`event/${number}`).toString("base64url");
}

export function decodeEventMarker(marker: string | undefined): number | undefined {
  if (!marker) return undefined;
  const [, number] = /^event\/(\d+)$/.exec(Buffer.from(marker, "base64url").toString()) ?? [];
  if (number === undefined) throw badMarker();
  return Number(number);
}

/** Where a page of a function's executions ended. */
export function encodeListMarker({ startedAt, id }: { startedAt: number; id: string }): string {
  return Buffer.from(`list/${startedAt}/${id}`).toString("base64url");
}

export function decodeListMarker(
  marker: string | undefined,
): { readonly startedAt: number; readonly id: string } | undefined {
  if (!marker) return undefined;
  const [, startedAt, id] = /^list\/(\d+)\/([\w-]+)$/.exec(Buffer.from(marker, "base64url").toString()) ?? [];
  if (startedAt === undefined || id === undefined) throw badMarker();
  return { startedAt: Number(startedAt), id };
}

function badMarker() {
  return fail("InvalidParameterValueException", { with: "The Marker provided is invalid." });
}
