import type { RequestContext } from "../../../wire/index.ts";
import { invalidArgument } from "../errors.ts";
import { accessOf } from "../s3.ts";
import type { ObjectName } from "../store/objects.ts";
import { checkVersionId } from "./conditions.ts";

/** `x-amz-copy-source`: `[/]bucket/key[?versionId=id]`, URL-encoded, a blank possibly as `+`. */
export function copySourceOf(
  input: {
    readonly CopySource: string | undefined;
    readonly ExpectedSourceBucketOwner?: string | undefined;
  },
  context: RequestContext,
): ObjectName {
  const header = input.CopySource ?? "";
  const invalid = () => invalidArgument("Invalid copy source object key", "x-amz-copy-source", header);
  const [path = "", query] = header.split("?", 2);
  let decoded: string;
  try {
    decoded = decodeURIComponent(path.replaceAll("+", " ")).replace(/^\//, "");
  } catch {
    throw invalid();
  }
  const slash = decoded.indexOf("/");
  if (slash <= 0 || slash === decoded.length - 1) throw invalid();
  if (query !== undefined) checkVersionId(new URLSearchParams(query).get("versionId") ?? undefined);
  const access = accessOf(
    { Bucket: decoded.slice(0, slash), ExpectedBucketOwner: input.ExpectedSourceBucketOwner },
    context,
  );
  return { access, key: decoded.slice(slash + 1) };
}
