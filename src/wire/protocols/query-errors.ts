import type { ServiceError } from "../../base/index.ts";
import type { ServiceModel } from "../model/table.ts";

/** What an error is called in the query protocol. Handlers may name it by its shape or by that name. */
export function queryErrorCode(error: ServiceError, model: ServiceModel): string {
  return model.errors.get(error.code)?.traits.awsQueryError?.[0] ?? error.code;
}

/** Who is at fault, in the query protocol's words. */
export function queryFault(error: ServiceError): "Sender" | "Receiver" {
  return error.fault === "client" ? "Sender" : "Receiver";
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#querycompatible-trait */
export function queryErrorHeader(error: ServiceError, model: ServiceModel): Readonly<Record<string, string>> {
  return model.queryCompatible
    ? { "x-amzn-query-error": `${queryErrorCode(error, model)};${queryFault(error)}` }
    : {};
}
