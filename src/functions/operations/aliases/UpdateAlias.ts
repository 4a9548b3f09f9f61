import type { AliasConfiguration, UpdateAliasRequest } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeAlias } from "../../aliases/describe.ts";
import type { Alias } from "../../aliases/model.ts";
import { demandRoutable, requestedWeights } from "../../aliases/routing.ts";
import { demandProvisionedOnce, provisionedOf } from "../../concurrency/provisioned.ts";
import type { ControlPlane } from "../../control-plane.ts";
import type { FunctionEntry } from "../../entry.ts";
import { because } from "../../errors.ts";
import { aliasOf, locateFunction } from "../../lookup.ts";
import { qualified } from "../../names.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html */
export async function UpdateAlias(
  plane: ControlPlane,
  input: UpdateAliasRequest,
  context: RequestContext,
): Promise<AliasConfiguration> {
  const target = locateFunction(plane, context, input.FunctionName, { shared: true });
  const { Name: name = "" } = input;
  const gone = () => because("aliasNotFound", { arn: qualified(target.arn, name) });
  const find = (entry: FunctionEntry | undefined): Alias => {
    const alias = entry && aliasOf(entry, name);
    if (alias === undefined) throw gone();
    return alias;
  };
  find(plane.repository.get(target, target.name));
  const weights = requestedWeights(input.RoutingConfig);
  const entry = await plane.repository.update(target, target.name, (present) => {
    const before = find(present);
    if (input.RevisionId !== undefined && input.RevisionId !== before.revisionId) {
      throw because("staleFunctionRevision");
    }
    const version = input.FunctionVersion ?? before.version;
    const additional = weights === undefined ? before.additional : (weights ?? undefined);
    demandRoutable(present, { version, additional });
    const alias: Alias = {
      version,
      description: input.Description ?? before.description,
      revisionId: plane.randomness.uuid(),
      ...(additional === undefined ? {} : { additional }),
    };
    const document = { ...present.document, aliases: { ...present.document.aliases, [name]: alias } };
    // What is provisioned for an alias moves with it.
    if (provisionedOf(present, name) !== undefined) demandProvisionedOnce({ ...present, document }, name);
    return { document };
  });
  return describeAlias(entry, name, find(entry));
}
