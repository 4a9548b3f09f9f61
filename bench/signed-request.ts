import { Agent, request } from "node:http";
import { signRequest } from "../src/wire/index.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 1_024 });

/** The status of a POST to Lambda, when its answer has been read. */
export async function post(
  endpoint: string,
  path: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await postForAnswer(endpoint, path, body, headers)).status;
}

/** A POST to Lambda; unless `headers` sign it, with a signature that a friendly server does not check. */
export function postForAnswer(
  endpoint: string,
  path: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        agent,
        hostname,
        port,
        path,
        method: "POST",
        headers: {
          authorization:
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
          "content-length": Buffer.byteLength(body),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        answer.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Headers that sign one request for Lambda with a key that the server verifies. They are made once a second, as often
 * as their date changes, so that the client's part in a figure stays small; the server verifies each request.
 */
export function signer(endpoint: string, path: string, body: string, key: AccessKey) {
  const url = new URL(path, endpoint);
  let second = 0;
  let headers: Readonly<Record<string, string>> = {};
  return () => {
    const now = Date.now();
    if (Math.floor(now / 1_000) !== second) {
      second = Math.floor(now / 1_000);
      const signing = { ...key, region: "us-east-1", service: "lambda", now };
      headers = signRequest({ method: "POST", url, body }, signing);
    }
    return headers;
  };
}
