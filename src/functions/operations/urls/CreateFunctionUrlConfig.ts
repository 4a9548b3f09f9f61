import type { CreateFunctionUrlConfigRequest, CreateFunctionUrlConfigResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { locateFor, versionOf } from "../../lookup.ts";
import { qualified } from "../../names.ts";
import { corsSettings } from "../../urls/cors.ts";
import { describeUrl, newUrlId, urlOf } from "../../urls/function-url.ts";
import type { FunctionUrl } from "../../urls/model.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html */
export async function CreateFunctionUrlConfig(
  plane: ControlPlane,
  input: CreateFunctionUrlConfigRequest,
  context: RequestContext,
): Promise<CreateFunctionUrlConfigResponse> {
  const target = locateFor(plane, context, input, { shared: false });
  const { qualifier } = target;
  if (plane.repository.get(target, target.name) === undefined) throw because("urlHolderMissing");
  const cors = corsSettings(input.Cors);
  const now = plane.clock.now();
  const url: FunctionUrl = {
    id: newUrlId(plane.randomness),
    authType: input.AuthType ?? "AWS_IAM",
    ...(cors === undefined ? {} : { cors }),
    ...(input.InvokeMode === undefined ? {} : { invokeMode: input.InvokeMode }),
    created: now,
    lastModified: now,
  };
  const entry = await plane.repository.update(target, target.name, (present) => {
    const holder = versionOf(present, qualifier);
    if (holder === undefined) throw because("urlHolderMissing");
    // https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html
    if (holder.record.settings.tenantIsolation !== undefined) throw because("urlOfTenants");
    if (urlOf(present, qualifier) !== undefined) {
      throw because("urlExists", { arn: qualified(present.arn, qualifier) });
    }
    return { document: { ...present.document, urls: { ...present.document.urls, [qualifier ?? ""]: url } } };
  });
  // The address is not answered yet.
  plane.log.warn("settings without effect", { function: entry.arn, settings: ["FunctionUrlConfig"] });
  const { LastModifiedTime: _same, ...shown } = describeUrl(entry, qualifier, url, context);
  return shown;
}
