/** The baseline of refusals: a `node:http` server that refuses every request. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const BODY = JSON.stringify({ Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", Type: "User" });

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response
      .writeHead(429, { "content-type": "application/json", "content-length": Buffer.byteLength(BODY) })
      .end(BODY);
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
