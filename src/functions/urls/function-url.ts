import type { FunctionUrlConfig } from "@aws-sdk/client-lambda";
import type { Randomness } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { formatTime } from "../configuration.ts";
import type { ControlPlane } from "../control-plane.ts";
import { own } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { qualified, type Target } from "../names.ts";
import { describeCors } from "./cors.ts";
import type { FunctionUrl } from "./model.ts";

const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 32;

/** Uniform over all ids, since the largest bytes are left out. */
export function newUrlId(randomness: Randomness): string {
  const fair = 256 - (256 % DIGITS.length);
  let id = "";
  while (id.length < ID_LENGTH) {
    for (const byte of randomness.bytes(ID_LENGTH)) {
      if (byte < fair && id.length < ID_LENGTH) id += DIGITS[byte % DIGITS.length];
    }
  }
  return id;
}

/** The function and its URL under the target's qualifier. */
export function findUrl(
  plane: ControlPlane,
  target: Target,
): { readonly entry: FunctionEntry; readonly url: FunctionUrl } {
  const entry = plane.repository.get(target, target.name);
  const url = entry && urlOf(entry, target.qualifier);
  if (entry === undefined || url === undefined) throw because("resourceMissing");
  return { entry, url };
}

export function urlOf(entry: FunctionEntry, qualifier: string | undefined): FunctionUrl | undefined {
  return own(entry.document.urls, qualifier ?? "");
}

/** What all answers show; InvokeMode only if it was ever given. */
export function describeUrl(
  entry: FunctionEntry,
  qualifier: string | undefined,
  url: FunctionUrl,
  context: RequestContext,
): FunctionUrlConfig {
  return {
    FunctionUrl: address(url.id, entry.region, context.endpoint),
    FunctionArn: qualified(entry.arn, qualifier),
    AuthType: url.authType,
    ...(url.cors === undefined ? {} : { Cors: describeCors(url.cors) }),
    CreationTime: formatTime(url.created),
    LastModifiedTime: formatTime(url.lastModified),
    ...(url.invokeMode === undefined ? {} : { InvokeMode: url.invokeMode }),
  };
}

/** Names that end in `localhost` lead to the machine itself, RFC 6761 section 6.3. */
function address(id: string, region: string, endpoint: string): string {
  const { protocol, port } = new URL(endpoint);
  return `${protocol}//${id}.lambda-url.${region}.localhost${port === "" ? "" : `:${port}`}/`;
}
