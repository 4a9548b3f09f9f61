import { readFileSync } from "node:fs";
import path from "node:path";
import { buildRustFunction, installNodeRuntimeClient } from "../scripts/setup/slow-runtime-clients.ts";
import { setUpTests } from "../scripts/setup/tests.ts";
import type { IsolationTier } from "../src/environments/index.ts";
import { openEnvironmentWorld } from "../testkit/environment-world.ts";
import { checkRuntimeClient } from "../testkit/runtime-client.ts";
import type { Part, PartContext } from "./part.ts";

const NODE = `
export const handler = async (event, context) => {
  if (event.do === "fail") throw new RangeError("as asked");
  if (event.do === "exit") process.exit(3);
  return {
    requestId: context.awsRequestId,
    arn: context.invokedFunctionArn,
    name: context.functionName,
  };
};`;

/** In place of our own program, the client of AWS on the same interpreter. */
const WRAPPER = `#!/bin/sh
exec "$1" /opt/node_modules/aws-lambda-ric/index.mjs "$_HANDLER"
`;

export const clients: Part = {
  name: "clients",
  what: "AWS's runtime clients that take minutes to build serve functions, unmodified: Node.js and Rust",
  minutes: 1,
  run: ({ say }) => serveByClients("namespaces", say),
};

/** With sandboxes of that tier. */
export async function serveByClients(tier: IsolationTier, say: PartContext["say"]): Promise<string> {
  const tests = await setUpTests();
  const cache = path.join(tests.root, "node_modules", ".cache", "lambkin");
  try {
    const layersDirectory = await installNodeRuntimeClient(cache);
    const rust = await buildRustFunction(
      cache,
      path.join(tests.root, "test", "scenarios", "runtime-clients", "rust"),
    );
    await using world = await openEnvironmentWorld({ tier, initMs: 60_000 });
    const node = await world.start({
      runtime: "nodejs24.x",
      files: { "index.mjs": NODE, wrapper: WRAPPER },
      executables: ["wrapper"],
      environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" },
      settings: { layersDirectory },
      timeoutMs: 60_000,
    });
    await checkRuntimeClient(node, { type: /^RangeError$/, message: "as asked" });
    say("aws-lambda-ric serves Node.js");
    const custom = await world.start({
      runtime: "provided.al2023",
      files: { bootstrap: readFileSync(rust) },
      executables: ["bootstrap"],
      timeoutMs: 60_000,
    });
    await checkRuntimeClient(custom, { type: /Error/, message: "as asked" });
    say("lambda_runtime serves Rust");
    return "answers, errors, exits and new starts of both";
  } finally {
    tests.cleanUp();
  }
}
