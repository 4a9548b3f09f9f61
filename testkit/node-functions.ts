import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { deploymentPackage } from "./deployment-package.ts";
import type { LambkinServer } from "./lambkin-server.ts";

/** Makes Node.js functions of the same source, and waits until they can be invoked. */
export async function createFunctions(
  server: LambkinServer,
  names: readonly string[],
  source: string,
  settings: { readonly Timeout?: number; readonly MemorySize?: number } = {},
): Promise<void> {
  const client = new LambdaClient(server.client);
  const ZipFile = await deploymentPackage({ "index.js": source });
  for (const FunctionName of names) {
    await client.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/any",
        Code: { ZipFile },
        ...settings,
      }),
    );
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 120, minDelay: 1 }, { FunctionName });
  }
  client.destroy();
}
