import { exchange, type RawAnswer, requestText } from "./raw.ts";

/** Sends a request of a friendly key by hand, so that the very bytes of request and answer can be looked at. */
export function call(
  port: number,
  service: string,
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Promise<RawAnswer> {
  const scope = `test/20260101/us-east-1/${service}/aws4_request`;
  return exchange(
    port,
    requestText(
      line,
      {
        Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`,
        "X-Amz-Date": "20260101T000000Z",
        ...headers,
      },
      body,
    ),
  );
}
