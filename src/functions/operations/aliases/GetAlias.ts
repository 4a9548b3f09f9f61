import type { AliasConfiguration, GetAliasRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeAlias } from "../../aliases/describe.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { aliasOf, locateFunction } from "../../lookup.ts";
import { qualified } from "../../names.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html */
export function GetAlias(
  plane: ControlPlane,
  input: GetAliasRequest,
  context: RequestContext,
): AliasConfiguration {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const { Name: name = "" } = input;
  const entry = plane.repository.get(target, target.name);
  const alias = entry && aliasOf(entry, name);
  if (entry === undefined || alias === undefined) {
    throw because("aliasMissing", { arn: qualified(target.arn, name) });
  }
  return describeAlias(entry, name, alias);
}
