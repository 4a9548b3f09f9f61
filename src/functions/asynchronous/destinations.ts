import { parseArn } from "../../base/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { because } from "../errors.ts";
import { parseFunctionName, type Target } from "../names.ts";
import type { EventInvokeConfig } from "./model.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
const SERVICES = {
  onSuccess: new Set(["lambda", "sqs", "sns", "events"]),
  onFailure: new Set(["lambda", "sqs", "sns", "events", "s3"]),
};

type Destinations = Pick<EventInvokeConfig, "onFailure" | "onSuccess">;

/** Refuses destinations of services that take no records, and functions that are not there or the function itself. */
export function demandDestinations(plane: ControlPlane, target: Target, given: Destinations): void {
  for (const when of ["onSuccess", "onFailure"] as const) {
    const arn = given[when];
    if (arn === undefined) continue;
    const service = parseArn(arn)?.service ?? "";
    if (!SERVICES[when].has(service)) throw because("badDestination", { config: print(given) });
    if (service === "lambda") demandFunction(plane, target, arn);
  }
}

/** Destinations are kept for every service; those that this server does not have get nothing, which is said. */
export function sayUnreachable(plane: ControlPlane, target: Target, given: Destinations): void {
  const destinations = [given.onSuccess, given.onFailure].filter(
    (arn): arn is string => arn !== undefined && !plane.destinationServices.has(parseArn(arn)?.service ?? ""),
  );
  if (destinations.length > 0) {
    plane.log.warn("settings without effect", { function: target.arn, settings: destinations });
  }
}

function demandFunction(plane: ControlPlane, target: Target, arn: string): void {
  const { account, region, name } = parseFunctionName(arn) ?? {};
  if (account === undefined || region === undefined || name === undefined) {
    throw because("destinationMissing", { arn });
  }
  if (plane.repository.get({ account, region }, name) === undefined) {
    throw because("destinationMissing", { arn });
  }
  if (account === target.account && region === target.region && name === target.name) {
    throw because("ownDestination");
  }
}

/** As the service prints it in its answer. */
function print({ onSuccess, onFailure }: Destinations): string {
  const success = onSuccess === undefined ? "null" : `OnSuccess(destination=${onSuccess})`;
  const failure = onFailure === undefined ? "null" : `OnFailure(destination=${onFailure})`;
  return `DestinationConfig(onSuccess=${success}, onFailure=${failure})`;
}
