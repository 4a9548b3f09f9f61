import type { UpdateFunctionUrlConfigRequest, UpdateFunctionUrlConfigResponse } from "@aws-sdk/client-lambda";
import type { RequestContext } from "../../../wire/index.ts";
import type { ControlPlane } from "../../control-plane.ts";
import { because } from "../../errors.ts";
import { locateFor } from "../../lookup.ts";
import { corsSettings } from "../../urls/cors.ts";
import { describeUrl, findUrl, urlOf } from "../../urls/function-url.ts";
import type { FunctionUrl } from "../../urls/model.ts";

/** Keeps what is not given; CORS counts as one. https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html */
export async function UpdateFunctionUrlConfig(
  plane: ControlPlane,
  input: UpdateFunctionUrlConfigRequest,
  context: RequestContext,
): Promise<UpdateFunctionUrlConfigResponse> {
  const target = locateFor(plane, context, input, { shared: false });
  const { qualifier } = target;
  if (plane.repository.get(target, target.name) === undefined) throw because("urlHolderMissing");
  findUrl(plane, target);
  const lastModified = plane.clock.now();
  const entry = await plane.repository.update(target, target.name, (present) => {
    const before = urlOf(present, qualifier);
    if (before === undefined) throw because("resourceMissing");
    const url = changed(before, input, lastModified);
    return { document: { ...present.document, urls: { ...present.document.urls, [qualifier ?? ""]: url } } };
  });
  return describeUrl(entry, qualifier, findUrl(plane, target).url, context);
}

function changed(
  before: FunctionUrl,
  input: UpdateFunctionUrlConfigRequest,
  lastModified: number,
): FunctionUrl {
  const { cors: corsBefore, ...rest } = before;
  const cors = input.Cors === undefined ? corsBefore : corsSettings(input.Cors);
  return {
    ...rest,
    ...(cors === undefined ? {} : { cors }),
    ...(input.AuthType === undefined ? {} : { authType: input.AuthType }),
    ...(input.InvokeMode === undefined ? {} : { invokeMode: input.InvokeMode }),
    lastModified,
  };
}
