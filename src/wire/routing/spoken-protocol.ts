import type { WireRequest } from "../http/request.ts";
import type { ServiceFacts } from "../model/registry.ts";
import type { ProtocolName } from "../model/table.ts";

/** The protocol in which a client speaks to a service, if it is another one than that of the service's table. */
export function alternateProtocol(request: WireRequest, facts: ServiceFacts): ProtocolName | undefined {
  if (facts.alternates === undefined) return undefined;
  const spoken = spokenProtocol(request);
  return spoken !== undefined && facts.alternates.includes(spoken) ? spoken : undefined;
}

function spokenProtocol({ headers, query }: WireRequest): ProtocolName | undefined {
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return "rpcv2Cbor";
  const type = headers["content-type"]?.toLowerCase() ?? "";
  if (type.startsWith("application/x-amz-cbor-1.1")) return "awsCbor1_1";
  if (headers["x-amz-target"] !== undefined) return undefined;
  if (type.startsWith("application/x-www-form-urlencoded") || query.has("Action")) return "awsQuery";
  return undefined;
}

const RPC_PATH = /\/service\/([^/]+)\/operation\/([^/]+)$/;

/** What a path of rpcv2Cbor names. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html#requests */
export function rpcTarget(
  path: string,
): { readonly service: string; readonly operation: string } | undefined {
  const parts = RPC_PATH.exec(path);
  return parts === null ? undefined : { service: parts[1] as string, operation: parts[2] as string };
}
