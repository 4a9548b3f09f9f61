import { functionLimits, PolicySyntaxError, parsePolicy, type Randomness } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { because, constraintFailure } from "../errors.ts";
import { type Lookup, locateFor } from "../lookup.ts";
import { parseFunctionName, type Target } from "../names.ts";
import { type KeptStatement, type PolicyDocument, printPolicy } from "./statement.ts";

/** The function, version or alias of a request that names it by a whole ARN. */
export function locateByArn(lookup: Lookup, context: RequestContext, arn: string | undefined): Target {
  const { account, region } = parseFunctionName(arn ?? "") ?? {};
  if (account === undefined || region === undefined) {
    const failure = constraintFailure("resourceArn", arn, "Member must be a complete Amazon Resource Name");
    throw because("validation", { failure });
  }
  return locateFor(lookup, context, { FunctionName: arn }, { shared: false });
}

/** A policy that takes the place of whatever was there, from the JSON text of it. */
export function wholePolicy(text: string | undefined, randomness: Randomness): PolicyDocument {
  try {
    parsePolicy(text ?? "", { kind: "resource" });
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw because("badPolicy", { reason: error.message });
    throw error;
  }
  const { Statement, ...head } = JSON.parse(text ?? "") as {
    readonly Version?: string;
    readonly Id?: string;
    readonly Statement: KeptStatement | readonly KeptStatement[];
  };
  const policy = { revisionId: randomness.uuid(), head, statements: [Statement].flat() };
  const size = Buffer.byteLength(printPolicy(policy));
  if (size > functionLimits.policyBytes) {
    throw because("policyTooLong", { size, most: functionLimits.policyBytes });
  }
  return policy;
}
