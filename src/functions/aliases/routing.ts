import type { AliasRoutingConfiguration } from "@aws-sdk/client-lambda";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { versionOf } from "../lookup.ts";
import { qualified } from "../names.ts";
import type { AdditionalVersion, Alias } from "./model.ts";

/** What a request asks an alias to be. */
interface Routing {
  readonly version: string;
  readonly additional: AdditionalVersion | undefined;
}

/** Undefined if the request says nothing of weights, null if it wants none. */
export function requestedWeights(
  config: AliasRoutingConfiguration | undefined,
): AdditionalVersion | null | undefined {
  if (config === undefined) return undefined;
  const weights = Object.entries(config.AdditionalVersionWeights ?? {});
  if (weights.length > 1) throw because("tooManyWeights");
  const [version, weight] = weights[0] ?? [];
  return version === undefined || weight === undefined ? null : { version, weight };
}

/**
 * Checks that both versions are there and may share an alias.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
 */
export function demandRoutable(entry: FunctionEntry, { version, additional }: Routing): void {
  const primary = versionOf(entry, version);
  if (primary === undefined) throw because("functionMissing", { arn: qualified(entry.arn, version) });
  if (additional === undefined) return;
  if (additional.version === version) throw because("versionTwiceInAlias", { version });
  if (version === "$LATEST") throw because("weightsOnLatest");
  const second = versionOf(entry, additional.version);
  if (second === undefined) {
    throw because("functionMissing", { arn: qualified(entry.arn, additional.version) });
  }
  const [one, other] = [primary.record.settings, second.record.settings];
  if (one.roleArn !== other.roleArn || one.deadLetterTargetArn !== other.deadLetterTargetArn) {
    throw because("aliasVersionsDiffer");
  }
}

/** Aliases that send anything to the version, by name. */
export function aliasesOf(
  aliases: Readonly<Record<string, Alias>> | undefined,
  version: string,
): readonly string[] {
  return Object.entries(aliases ?? {})
    .filter(([, alias]) => alias.version === version || alias.additional?.version === version)
    .map(([name]) => name)
    .sort();
}
