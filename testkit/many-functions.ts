import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { deploymentPackage } from "./deployment-package.ts";
import type { LambkinServer } from "./lambkin-server.ts";

/** Creations that are under way at the same time. */
const AT_ONCE = 32;

export const MANY_ROLE = "arn:aws:iam::000000000000:role/any";

/** The name of the `n`th; they are in the order of their numbers. */
export function manyName(n: number): string {
  return `many-${String(n).padStart(6, "0")}`;
}

/** Creates functions `from` (inclusive) to `to` (exclusive) through the public API; all have the same code. */
export async function createMany(client: LambkinServer["client"], from: number, to: number): Promise<void> {
  const lambda = new LambdaClient(client);
  const ZipFile = await deploymentPackage({ "index.js": "exports.handler = async (event) => event;" });
  let next = from;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < to) {
        const FunctionName = manyName(next++);
        await lambda.send(
          new CreateFunctionCommand({
            FunctionName,
            Runtime: "nodejs24.x",
            Handler: "index.handler",
            Role: MANY_ROLE,
            Environment: { Variables: { NAME: FunctionName } },
            Code: { ZipFile },
          }),
        );
      }
    }),
  );
  lambda.destroy();
}
