import type { ListCodeSigningConfigsRequest, ListCodeSigningConfigsResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { describeCodeSigning } from "../../code-signing/code-signing.ts";
import { type ControlPlane, scopeOf } from "../../control-plane.ts";
import { pageOf } from "../../pages.ts";

export function ListCodeSigningConfigs(
  plane: ControlPlane,
  input: ListCodeSigningConfigsRequest,
  context: RequestContext,
): ListCodeSigningConfigsResponse {
  const all = [...plane.codeSigning.collection.list(scopeOf(context))];
  const { items, marker } = pageOf(all, ({ id }) => id, input);
  return { CodeSigningConfigs: items.map(describeCodeSigning), ...marker };
}
