import { crc32 } from "node:zlib";
import { invokeLimits, TextMemo } from "../base/index.ts";
import type { ResolvedFunction } from "../functions/index.ts";
import { fail } from "./errors.ts";

const FORM = /^(?:\d{1,5}:)?([0-9a-f]{8}:\d{1,5}(?:\|[0-9a-f]{8}:\d{1,5})*)$/;

/**
 * The functions of a chain of calls and how often each was called again, `1:a87bd80c:0|68fd508a:5`, with one more call
 * of this function. Travels in the tracing header, which SDKs inside functions pass on by themselves.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export function extendLineage(incoming: string | undefined, functionArn: string): string {
  const own = hashOf(functionArn);
  const chain = incoming === undefined ? undefined : FORM.exec(incoming)?.[1];
  if (chain === undefined) return `1:${own}:0`;
  let found = false;
  const entries = chain.split("|").map((entry) => {
    if (!entry.startsWith(own)) return entry;
    found = true;
    return `${own}:${Math.min(Number(entry.slice(own.length + 1)) + 1, 99_999)}`;
  });
  if (!found) entries.push(`${own}:0`);
  return `1:${entries.slice(-invokeLimits.lineageFunctions).join("|")}`;
}

/** Throws if the function was called too often in this chain and may not be. */
export function refuseLoop(target: ResolvedFunction, traceHeader: string): void {
  if (target.recursiveLoop === "Allow") return;
  const own = hashOf(target.arn);
  const at = traceHeader.indexOf(`${own}:`, traceHeader.indexOf("Lineage="));
  if (at < 0) return;
  const calls = Number.parseInt(traceHeader.slice(at + own.length + 1), 10);
  if (calls >= invokeLimits.loopInvocations) throw fail("RecursiveInvocationException");
}

const HASHES = new TextMemo((arn) => crc32(arn).toString(16).padStart(8, "0"), invokeLimits.lineageHashes);

function hashOf(functionArn: string): string {
  return HASHES.get(functionArn);
}
