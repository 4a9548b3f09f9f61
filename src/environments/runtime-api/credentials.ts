import { timingSafeEqual } from "node:crypto";
import type { TemporaryCredentials } from "../../base/index.ts";
import type { HttpExchange } from "./http-connection.ts";
import { AfterBody, answer, respondJson } from "./request-handlers.ts";
import type { FurtherApi } from "./runtime-api.ts";

export const CREDENTIALS_PATH = "/2021-04-23/credentials";

/**
 * Credentials of the function's role, fresh at every call, for environments that outlive those they would start with:
 * SDKs find them through AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function credentialsApi(token: string, credentials: () => TemporaryCredentials): FurtherApi {
  const expected = Buffer.from(token);
  const respond = (exchange: HttpExchange) => {
    const given = Buffer.from(exchange.head.fields.get("authorization") ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      const fields = { "Content-Type": "text/plain; charset=utf-8" };
      exchange.respond(404, fields, "cannot get credentials for the provided token\n");
      return;
    }
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials();
    respondJson(exchange, 200, {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: sessionToken,
      Expiration: new Date(expiration).toISOString(),
    });
  };
  return (exchange) => {
    if (exchange.head.target !== CREDENTIALS_PATH) return undefined;
    if (exchange.head.method !== "GET") return answer(exchange, 405);
    return new AfterBody(exchange, () => respond(exchange));
  };
}
