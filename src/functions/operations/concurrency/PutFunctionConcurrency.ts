import type { Concurrency, PutFunctionConcurrencyRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { demandReservable } from "../../concurrency/checks.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because, constraintFailure } from "../../errors.ts";
import { findFunction, locateFunction } from "../../lookup.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html */
export async function PutFunctionConcurrency(
  plane: ControlPlane,
  input: PutFunctionConcurrencyRequest,
  context: RequestContext,
): Promise<Concurrency> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  findFunction(plane, { ...target, qualifier: "$LATEST" });
  const reservedConcurrency = input.ReservedConcurrentExecutions ?? 0;
  demandNotNegative(reservedConcurrency);
  await plane.commitments.take(target, () =>
    plane.repository.update(target, target.name, (present) => {
      demandReservable(plane, present, reservedConcurrency);
      return { document: { ...present.document, reservedConcurrency } };
    }),
  );
  return { ReservedConcurrentExecutions: reservedConcurrency };
}

/** Checked here because a missing function comes first. */
function demandNotNegative(value: number): void {
  if (value >= 0) return;
  const constraint = "Member must have value greater than or equal to 0";
  throw because("validation", {
    failure: constraintFailure("reservedConcurrentExecutions", value, constraint),
  });
}
