import type { ServiceError } from "../../base/index.ts";
import { SerializationError } from "../codecs/serialization-error.ts";
import type { QueryParameters } from "../http/request.ts";
import type { OperationModel } from "../model/table.ts";
import { rpcTarget } from "../routing/spoken-protocol.ts";
import type { Exchange } from "./exchange.ts";

/** What a request asks for, with what its path names. */
export interface Target {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

/** The operation that the head names, or the error that there is none unless the body names it. */
export function findTarget(
  exchange: Pick<Exchange, "request" | "service">,
  resource: string,
  headers: Readonly<Record<string, string>>,
): Target | ServiceError {
  const { request, service } = exchange;
  const { model, protocol, router } = service;
  if (router !== undefined) {
    const match = router.match({ method: request.method, query: request.query, headers }, resource);
    return match ?? protocol.unknownOperation(request, undefined);
  }
  const name = operationName(exchange);
  const operation = name === undefined ? undefined : model.operations.get(name);
  return operation === undefined ? protocol.unknownOperation(request, name) : { operation, labels: {} };
}

function operationName(exchange: Pick<Exchange, "request" | "service">): string | undefined {
  const { request, service } = exchange;
  if (service.model.protocol === "awsQuery") return request.query.get("Action");
  if (service.model.protocol === "rpcv2Cbor") {
    const target = rpcTarget(request.path);
    return target?.service === service.facts.target ? target?.operation : undefined;
  }
  const target = request.headers["x-amz-target"];
  const dot = target?.lastIndexOf(".") ?? -1;
  return target === undefined || target.slice(0, dot) !== service.facts.target
    ? undefined
    : target.slice(dot + 1);
}

/** The query protocol usually names its operation in the form that is its body. */
export function resolveForm(
  exchange: Pick<Exchange, "request" | "service">,
  form: QueryParameters | undefined,
  unknown: ServiceError,
): Target {
  const { model, protocol } = exchange.service;
  if (model.protocol !== "awsQuery" || form === undefined) throw unknown;
  if (form.excessive) throw new SerializationError("There are too many parameters");
  const name = form.get("Action");
  const operation = name === undefined ? undefined : model.operations.get(name);
  if (operation === undefined) throw protocol.unknownOperation(exchange.request, name);
  return { operation, labels: {} };
}
