import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 1_024 });

/** A POST to Lambda with a signature that a friendly server does not check; resolves when the answer has been read. */
export function post(endpoint: string, path: string, body: string | Uint8Array): Promise<number> {
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
        },
      },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode ?? 0));
        answer.on("error", reject);
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}
