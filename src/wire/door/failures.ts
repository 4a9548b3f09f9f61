import { type Randomness, ServiceError, shortageOf, toError } from "../../base/index.ts";
import { SerializationError } from "../codecs/serialization-error.ts";
import type { WireResponse } from "../protocols/protocol.ts";
import { MalformedPathError } from "../routing/rest-router.ts";
import type { Exchange, ExchangeParts } from "./exchange.ts";
import type { LoadedService } from "./loaded-services.ts";

const SHORTAGE_MESSAGES = {
  disk: "The disk of this server is full. Nothing of the request was kept; it works again when there is room.",
  capacity: "The server has more to do than it can do now. Please try again.",
} as const;

/** Any failure as an error of the service that was asked. What nobody meant to throw is logged. */
export function asServiceError(
  exchange: Pick<Exchange, "context" | "service">,
  parts: Pick<ExchangeParts, "log">,
  thrown: unknown,
): ServiceError {
  const { protocol, facts } = exchange.service;
  if (thrown instanceof ServiceError) return thrown;
  if (thrown instanceof SerializationError) return protocol.unreadable(thrown);
  if (thrown instanceof MalformedPathError) {
    return facts.name === "s3"
      ? new ServiceError({ code: "InvalidURI", status: 400, message: "Couldn't parse the specified URI." })
      : protocol.unreadable(new SerializationError(thrown.message));
  }
  const shortage = shortageOf(thrown);
  if (shortage !== undefined) {
    const { requestId } = exchange.context;
    parts.log.warn("a request was refused", {
      service: facts.name,
      requestId,
      error: toError(thrown).message,
    });
    return protocol.unavailable(SHORTAGE_MESSAGES[shortage]);
  }
  parts.log.error("a request failed", {
    service: facts.name,
    requestId: exchange.context.requestId,
    error: toError(thrown),
  });
  return protocol.internalError();
}

export function notImplemented(service: LoadedService, operation: string): ServiceError {
  return new ServiceError({
    code: "NotImplemented",
    status: 501,
    message:
      service.service === undefined
        ? `Lambkin has no service called ${service.facts.name}.`
        : `Lambkin does not implement the operation ${operation} of ${service.facts.name}.`,
  });
}

/** A service that nobody here knows: JSON and a header that every kind of client can make something of. */
export function unknownService(name: string, randomness: Randomness): WireResponse {
  const requestId = randomness.uuid();
  const message = `Lambkin has no service called ${name}.`;
  return {
    status: 501,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": "NotImplemented",
      "x-amzn-requestid": requestId,
    },
    body: JSON.stringify({ __type: "NotImplemented", message }),
  };
}
