import { timingSafeEqual } from "node:crypto";
import type { HttpExchange } from "./http-connection.ts";
import { AfterBody } from "./request-handlers.ts";
import type { FurtherApi } from "./runtime-api.ts";

const PATH = "/2026-01-15/metadata/execution-environment";

/** Parts of region names as availability zone ids abbreviate them. */
const DIRECTIONS: Readonly<Record<string, string>> = {
  north: "n",
  northeast: "ne",
  east: "e",
  southeast: "se",
  south: "s",
  southwest: "sw",
  west: "w",
  northwest: "nw",
  central: "c",
};

/** `us-east-1` is `use1`, so that its first zone is `use1-az1`. */
function zoneIdOf(region: string): string {
  const prefix = region
    .split("-")
    .map((part) => DIRECTIONS[part] ?? (part === "gov" ? "g" : part))
    .join("");
  return `${prefix}-az1`;
}

/**
 * The metadata endpoint that functions find through AWS_LAMBDA_METADATA_API and AWS_LAMBDA_METADATA_TOKEN. It tells
 * the availability zone, which here is always the region's first.
 */
export function metadataApi(token: string, region: string): FurtherApi {
  const expected = Buffer.from(`Bearer ${token}`);
  const body = `${JSON.stringify({ AvailabilityZoneID: zoneIdOf(region) })}\n`;
  const authorized = (exchange: HttpExchange): boolean => {
    const given = Buffer.from(exchange.head.fields.get("authorization") ?? "");
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  const respond = (exchange: HttpExchange) => {
    if (exchange.head.method !== "GET") exchange.respond(405, { Allow: "GET" }, "");
    else if (!authorized(exchange)) exchange.respond(401, {}, "");
    else {
      exchange.respond(
        200,
        { "Content-Type": "application/json", "Cache-Control": "private, max-age=43200, immutable" },
        body,
      );
    }
  };
  return (exchange) =>
    exchange.head.target === PATH ? new AfterBody(exchange, () => respond(exchange)) : undefined;
}
