import { copyOf, wireLimits } from "../../base/index.ts";
import type { WireRequest } from "../http/request.ts";
import type { OperationModel, ServiceModel } from "../model/table.ts";

export interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean };

interface Route {
  readonly operation: OperationModel;
  readonly segments: readonly Segment[];
  /** The last label takes all that is left of the path. */
  readonly greedy: boolean;
  /** Parameters that the model writes into the path; `x-id` apart, which only some clients send. */
  readonly parameters: readonly (readonly [name: string, value: string | undefined])[];
  /** What tells the operation from others at the same place: parameters and headers that it requires. */
  requiredParameters: readonly string[];
  requiredHeaders: readonly string[];
}

/** The path can't be decoded. */
export class MalformedPathError extends Error {
  override readonly name = "MalformedPathError";
}

/**
 * Finds the operation of a request by the model's `http` traits, without a route written by hand. Of several that fit,
 * the one with most literal parameters wins, then most literal segments, then most required parameters and headers.
 */
export class RestRouter {
  readonly #routes = new Map<string, Route[]>();
  /** Of method and path, where these alone decide. */
  readonly #decided = new Map<string, RouteMatch>();

  constructor(model: ServiceModel) {
    const places = new Map<string, Route[]>();
    for (const operation of model.operations.values()) {
      const { http } = operation.traits;
      if (http === undefined) continue;
      const [method, uri] = http;
      const route = compile(operation, uri);
      this.#routes.set(method, [...(this.#routes.get(method) ?? []), route]);
      const place = `${method} ${JSON.stringify([route.segments, route.parameters])}`;
      places.set(place, [...(places.get(place) ?? []), route]);
    }
    for (const routes of places.values()) if (routes.length > 1) routes.forEach(requireMembers);
    for (const routes of this.#routes.values()) routes.sort(bySpecificity);
  }

  /** `path` is what the operations' paths are relative to; S3's includes the bucket wherever it came from. */
  match(request: Pick<WireRequest, "method" | "query" | "headers">, path: string): RouteMatch | undefined {
    const decided = request.query.empty ? this.#decided.get(`${request.method} ${path}`) : undefined;
    if (decided !== undefined) return decided;
    const routes = this.#routes.get(request.method);
    if (routes === undefined) return undefined;
    const segments = path.slice(1).split("/");
    const escaped = path.includes("%");
    let found: RouteMatch | undefined;
    let only = !escaped;
    for (const route of routes) {
      if (!hasLength(route, segments) || (!escaped && !hasLiterals(route, segments))) continue;
      only &&= isUnconditional(route);
      if (!hasParameters(route, request)) continue;
      const labels = matchSegments(route.segments, segments, escaped);
      if (labels === undefined) continue;
      const match = { operation: route.operation, labels };
      // Two operations at one place that nothing else tells apart: the client may have named the one it means.
      const named = request.query.get("x-id");
      if (named === undefined && only) this.#decide(`${request.method} ${path}`, match);
      if (named === undefined || named === route.operation.name) return match;
      found ??= match;
    }
    return found;
  }

  #decide(request: string, match: RouteMatch): void {
    if (request.length > wireLimits.knownRouteCharacters) return;
    if (this.#decided.size >= wireLimits.knownRoutes) this.#decided.clear();
    const labels = Object.entries(match.labels).map(([name, text]) => [name, copyOf(text)] as const);
    this.#decided.set(copyOf(request), { ...match, labels: Object.fromEntries(labels) });
  }
}

/** Whether nothing but method and path decides about it. */
function isUnconditional({ parameters, requiredHeaders, requiredParameters }: Route): boolean {
  return parameters.length + requiredHeaders.length + requiredParameters.length === 0;
}

function compile(operation: OperationModel, uri: string): Route {
  const [path = "", query = ""] = uri.split("?");
  const bucket =
    operation.input.members.some(({ name, traits }) => name === "Bucket" && traits.httpLabel === 1) &&
    !path.includes("{Bucket}");
  const full = bucket ? `/{Bucket}${path === "/" ? "" : path}` : path;
  const segments = full
    .slice(1)
    .split("/")
    .filter((part) => part !== "")
    .map(readSegment);
  const last = segments.at(-1);
  return {
    operation,
    segments,
    greedy: last !== undefined && "label" in last && last.greedy,
    parameters: query
      .split("&")
      .filter((part) => part !== "" && !part.startsWith("x-id="))
      .map((part) => {
        const [name = "", value] = part.split("=");
        return [name, value] as const;
      }),
    requiredParameters: [],
    requiredHeaders: [],
  };
}

function readSegment(part: string): Segment {
  const label = /^\{(\w+)(\+?)\}$/.exec(part);
  return label === null ? { literal: part } : { label: label[1] as string, greedy: label[2] === "+" };
}

function requireMembers(route: Route): void {
  const required = route.operation.input.members.filter((member) => member.required);
  route.requiredParameters = required.flatMap(({ traits }) => traits.httpQuery ?? []);
  route.requiredHeaders = required.flatMap(({ traits }) => traits.httpHeader?.toLowerCase() ?? []);
}

function bySpecificity(one: Route, other: Route): number {
  return (
    other.parameters.length - one.parameters.length ||
    literals(other) - literals(one) ||
    conditions(other) - conditions(one) ||
    (one.operation.name < other.operation.name ? -1 : 1)
  );
}

function literals(route: Route): number {
  return route.segments.filter((segment) => "literal" in segment).length;
}

function conditions(route: Route): number {
  return route.requiredParameters.length + route.requiredHeaders.length;
}

/** A slash at the end is optional: older clients send it. */
function hasLength({ segments, greedy }: Route, asked: readonly string[]): boolean {
  const rest = asked.length - segments.length;
  return rest === 0 || (rest > 0 && greedy) || (rest === 1 && asked.at(-1) === "");
}

/** Of a path without escapes. */
function hasLiterals({ segments }: Route, asked: readonly string[]): boolean {
  for (let at = 0; at < segments.length; at += 1) {
    const part = segments[at] as Segment;
    if ("literal" in part && part.literal !== asked[at]) return false;
  }
  return true;
}

function hasParameters(route: Route, request: Pick<WireRequest, "query" | "headers">): boolean {
  const { query, headers } = request;
  return (
    route.parameters.every(([name, value]) =>
      value === undefined || value === "" ? query.has(name) : query.get(name) === value,
    ) &&
    route.requiredParameters.every((name) => query.has(name)) &&
    route.requiredHeaders.every((name) => headers[name] !== undefined)
  );
}

/** The labels of a path that has the pattern's length. */
function matchSegments(
  pattern: readonly Segment[],
  segments: readonly string[],
  escaped: boolean,
): Readonly<Record<string, string>> | undefined {
  for (let at = 0; at < pattern.length; at += 1) {
    const part = pattern[at] as Segment;
    const segment = segments[at] as string;
    if ("label" in part) {
      if (!part.greedy && segment === "") return undefined;
    } else if (part.literal !== segment && !(escaped && part.literal === decode(segment))) return undefined;
  }
  const labels: Record<string, string> = {};
  for (let at = 0; at < pattern.length; at += 1) {
    const part = pattern[at] as Segment;
    if (!("label" in part)) continue;
    const text = part.greedy ? segments.slice(at).join("/") : (segments[at] as string);
    if (text === "") return undefined;
    labels[part.label] = decode(text);
  }
  return labels;
}

function decode(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new MalformedPathError("The path is not valid percent-encoded UTF-8");
  }
}
