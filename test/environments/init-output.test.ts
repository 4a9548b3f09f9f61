import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { openEnvironmentWorld } from "../../testkit/environment-world.ts";
import { ANY_TIER } from "../../testkit/tested-tier.ts";

/** A custom runtime that asks for something else first, on the connection that it asks for events on. */
const BOOTSTRAP = `#!/usr/bin/env node
const http = require("node:http");
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const call = (method, path, body) => new Promise((resolve) => {
  http.request({ agent, host, port, method, path: "/2018-06-01/" + path }, (answer) => {
    answer.resume().on("end", () => resolve(answer.headers["lambda-runtime-aws-request-id"]));
  }).end(body);
});
(async () => {
  await call("GET", "ping");
  process.stdout.write("loaded\\n");
  for (;;) await call("POST", "runtime/invocation/" + (await call("GET", "runtime/invocation/next")) + "/response", "1");
})();
`;

test("what a runtime prints in its init is logged before its first invocation, however busy the server is", async () => {
  await using world = await openEnvironmentWorld({ tier: ANY_TIER });
  const done = new AbortController();
  // Output and a request that came meanwhile are both there at the next look, the request first.
  const busy = (async () => {
    for (; !done.signal.aborted; await nextTurn())
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  })();
  try {
    const files = { bootstrap: BOOTSTRAP };
    const running = await world.start({ runtime: "provided.al2023", files, executables: ["bootstrap"] });
    await running.invoke({});
    const kinds = running.log().map((line) => line.split(/\s/)[0]);
    assert.deepEqual(kinds, ["INIT_START", "loaded", "START", "END", "REPORT"]);
  } finally {
    done.abort();
    await busy;
  }
});
