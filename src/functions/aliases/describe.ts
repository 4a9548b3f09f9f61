import type { AliasConfiguration } from "@aws-sdk/client-lambda";
import type { FunctionEntry } from "../entry.ts";
import { qualified } from "../names.ts";
import type { Alias } from "./model.ts";

export function describeAlias(entry: FunctionEntry, name: string, alias: Alias): AliasConfiguration {
  const { additional } = alias;
  return {
    AliasArn: qualified(entry.arn, name),
    Name: name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(additional === undefined
      ? {}
      : { RoutingConfig: { AdditionalVersionWeights: { [additional.version]: additional.weight } } }),
  };
}
