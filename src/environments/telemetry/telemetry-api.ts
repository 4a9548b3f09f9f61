import { environmentLimits } from "../../base/index.ts";
import type { Extension } from "../extensions/extension.ts";
import type { HttpExchange, RequestHandler } from "../runtime-api/http-connection.ts";
import { answer, CollectBody, refuse, refused, respondJson } from "../runtime-api/request-handlers.ts";
import { parseSubscription, type Subscription } from "./subscription.ts";
import type { TelemetryHub } from "./telemetry-hub.ts";

export interface TelemetryApiOptions {
  readonly hub: TelemetryHub;
  readonly find: (extensionId: string) => Extension | undefined;
  /** Ports on the loopback inside that are the platform's. */
  readonly reservedPorts: () => readonly number[];
  readonly onSubscribed: (extension: Extension, subscription: Subscription) => void;
}

const PATHS: Readonly<Record<string, Subscription["api"]>> = {
  "/2022-07-01/telemetry": "telemetry",
  "/2020-08-15/logs": "logs",
};

const NAMES = {
  telemetry: { type: "Telemetry", closed: "Telemetry API subscription is closed" },
  logs: { type: "Logs", closed: "Logs API subscription is closed already" },
} as const;

/**
 * The subscriptions of the Telemetry API and of the Logs API before it,
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html.
 */
export function telemetryApi(options: TelemetryApiOptions) {
  return (exchange: HttpExchange): RequestHandler | undefined => {
    const { fields, method, target } = exchange.head;
    const api = PATHS[target.endsWith("/") ? target.slice(0, -1) : target];
    if (api === undefined) return undefined;
    if (method !== "PUT") return answer(exchange, 405);
    const extension = options.find((fields.get("lambda-extension-identifier") ?? "").toLowerCase());
    if (extension === undefined) {
      return refused(exchange, {
        status: 403,
        errorType: "Extension.UnknownExtensionIdentifier",
        errorMessage: "Unknown Lambda-Extension-Identifier",
      });
    }
    return new CollectBody(
      exchange,
      (body) => subscribe(exchange, api, extension, body.bytes(), options),
      undefined,
      environmentLimits.extensionBodyBytes,
    );
  };
}

function subscribe(
  exchange: HttpExchange,
  api: Subscription["api"],
  extension: Extension,
  body: Buffer,
  { hub, onSubscribed, reservedPorts }: TelemetryApiOptions,
): void {
  const { closed, type } = NAMES[api];
  const before = hub.apiOf(extension.id);
  if (!hub.open || (before !== undefined && before !== api)) {
    refuse(exchange, { status: 403, errorType: `${type}.SubscriptionClosed`, errorMessage: closed });
    return;
  }
  const subscription = parseSubscription(api, body, reservedPorts());
  if (typeof subscription === "string") {
    const errorType = api === "logs" ? "Logs.ValidationError" : "ValidationError";
    refuse(exchange, { status: 400, errorType, errorMessage: subscription });
    return;
  }
  respondJson(exchange, 200, "OK");
  onSubscribed(extension, subscription);
}
