import type { AliasConfiguration, CreateAliasRequest } from "@aws-sdk/client-lambda";
import { functionLimits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { describeAlias } from "../../aliases/describe.ts";
import type { Alias } from "../../aliases/model.ts";
import { demandRoutable, requestedWeights } from "../../aliases/routing.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { aliasOf, findFunction, locateFunction } from "../../lookup.ts";
import { qualified } from "../../names.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html */
export async function CreateAlias(
  plane: ControlPlane,
  input: CreateAliasRequest,
  context: RequestContext,
): Promise<AliasConfiguration> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const { Name: name = "", FunctionVersion: version = "" } = input;
  findFunction(plane, { ...target, qualifier: version });
  const additional = requestedWeights(input.RoutingConfig) ?? undefined;
  const alias: Alias = {
    version,
    description: input.Description ?? "",
    revisionId: plane.randomness.uuid(),
    ...(additional === undefined ? {} : { additional }),
  };
  const entry = await plane.repository.update(target, target.name, (present) => {
    if (aliasOf(present, name) !== undefined) {
      throw because("aliasExists", { arn: qualified(present.arn, name) });
    }
    demandRoutable(present, { version, additional });
    const { aliases = {} } = present.document;
    if (Object.keys(aliases).length >= functionLimits.aliases) {
      throw because("tooManyAliases", { most: functionLimits.aliases });
    }
    return { document: { ...present.document, aliases: { ...aliases, [name]: alias } } };
  });
  return describeAlias(entry, name, alias);
}
