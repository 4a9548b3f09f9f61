import type { WireRequest } from "../http/request.ts";
import { SERVICES, type ServiceFacts } from "../model/registry.ts";
import type { ParsedSignature } from "../sigv4/parse.ts";
import { rpcTarget } from "./spoken-protocol.ts";

const S3 = SERVICES.find(({ name }) => name === "s3") as ServiceFacts;

const FORMS = SERVICES.find(({ queryVersion }) => queryVersion !== undefined) as ServiceFacts;

/** Of several with the same name the first. */
const BY_SIGNING_NAME = new Map(
  SERVICES.toReversed().flatMap((service) => service.signingNames.map((name) => [name, service] as const)),
);

/** A request for a service that has no place here; `name` is what it calls it. */
export interface UnknownService {
  readonly unknown: string;
}

/**
 * The service that a request is for: by the scope of its signature, else by X-Amz-Target, by the parameters Action
 * and Version, by the shape of the path; what is left is for S3, the one that answers unsigned requests.
 */
export function serviceOf(request: WireRequest, signature: ParsedSignature): ServiceFacts | UnknownService {
  const signingName = signature.kind === "problem" ? signature.service : scopeOf(signature);
  if (signingName !== undefined) {
    const signed = BY_SIGNING_NAME.get(signingName);
    if (signed !== undefined) return signed;
  }
  const target = request.headers["x-amz-target"];
  if (target !== undefined) {
    const prefix = target.slice(0, target.lastIndexOf("."));
    return SERVICES.find((service) => service.target === prefix) ?? { unknown: signingName ?? prefix };
  }
  if (signingName !== undefined) return { unknown: signingName };
  const rpc = rpcTarget(request.path);
  if (rpc !== undefined) {
    const named = SERVICES.find((service) => service.target === rpc.service);
    if (named !== undefined) return named;
  }
  const version = request.query.get("Version");
  if (request.query.has("Action") && version !== undefined) {
    return SERVICES.find(({ queryVersion }) => queryVersion === version) ?? { unknown: `version ${version}` };
  }
  // Only services of the query protocol take forms, and all of them refuse unsigned ones alike.
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return FORMS;
  const byPath = SERVICES.find(({ path }) => path?.test(request.path));
  return byPath ?? S3;
}

function scopeOf(signature: ParsedSignature): string | undefined {
  return signature.kind === "header" || signature.kind === "presigned" ? signature.scope.service : undefined;
}
