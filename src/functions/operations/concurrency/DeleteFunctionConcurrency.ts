import type { DeleteFunctionConcurrencyRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { findFunction, locateFunction } from "../../lookup.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionConcurrency.html */
export async function DeleteFunctionConcurrency(
  plane: ControlPlane,
  input: DeleteFunctionConcurrencyRequest,
  context: RequestContext,
): Promise<Record<string, never>> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  findFunction(plane, target);
  await plane.commitments.take(target, () =>
    plane.repository.update(target, target.name, ({ document }) => {
      const { reservedConcurrency, ...rest } = document;
      return reservedConcurrency === undefined ? undefined : { document: rest };
    }),
  );
  return {};
}
