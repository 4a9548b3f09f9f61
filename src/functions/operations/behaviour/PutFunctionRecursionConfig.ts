import type {
  PutFunctionRecursionConfigRequest,
  PutFunctionRecursionConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFunction } from "../../lookup.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionRecursionConfig.html */
export async function PutFunctionRecursionConfig(
  plane: ControlPlane,
  input: PutFunctionRecursionConfigRequest,
  context: RequestContext,
): Promise<PutFunctionRecursionConfigResponse> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: false });
  findFunction(plane, target);
  const recursiveLoop = input.RecursiveLoop ?? "Terminate";
  await plane.repository.update(target, target.name, ({ document }) => ({
    document: { ...document, recursiveLoop },
  }));
  return { RecursiveLoop: recursiveLoop };
}
