import type { RequestContext } from "../../wire/index.ts";
import { fail } from "../errors.ts";
import type { DurableExecutions } from "./engine.ts";
import type { Execution } from "./model.ts";
import { parseExecutionArn } from "./names.ts";

/** The id in an execution's ARN, if it is one of the caller's account and region. */
export function executionId(arn: string | undefined, context: RequestContext): string {
  const named = parseExecutionArn(arn ?? "");
  if (named === undefined || named.account !== context.account || named.region !== context.region) {
    throw missing(arn);
  }
  return named.id;
}

export async function findExecution(
  durable: DurableExecutions,
  arn: string | undefined,
  context: RequestContext,
): Promise<Execution> {
  const store = await durable.store();
  const found = await store.read("execution", executionId(arn, context));
  if (found === undefined) throw missing(arn);
  return found;
}

function missing(arn: string | undefined) {
  return fail("ResourceNotFoundException", { with: `Durable execution not found: ${arn ?? ""}` });
}
