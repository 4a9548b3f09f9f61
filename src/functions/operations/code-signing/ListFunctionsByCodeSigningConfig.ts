import type {
  ListFunctionsByCodeSigningConfigRequest,
  ListFunctionsByCodeSigningConfigResponse,
} from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import { codeSigningArn } from "../../code-signing/code-signing.ts";
import { type ControlPlane, findCodeSigning } from "../../control-plane.ts";
import { pageOf } from "../../pages.ts";

export function ListFunctionsByCodeSigningConfig(
  plane: ControlPlane,
  input: ListFunctionsByCodeSigningConfigRequest,
  context: RequestContext,
): ListFunctionsByCodeSigningConfigResponse {
  const config = findCodeSigning(plane, context, input.CodeSigningConfigArn);
  const arn = codeSigningArn(config);
  const all = [...plane.repository.list(config, undefined)].filter(
    ({ document }) => document.codeSigningConfigArn === arn,
  );
  const { items, marker } = pageOf(all, ({ name }) => name, input);
  return { FunctionArns: items.map((entry) => entry.arn), ...marker };
}
