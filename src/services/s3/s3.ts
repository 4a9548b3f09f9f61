import type { Clock, EventTargets, Log, Randomness } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { BodyStore } from "./bodies/body-store.ts";
import { fail } from "./errors.ts";
import type { BucketAccess, ObjectAttributes, RequestFacts } from "./model.ts";
import type { MetadataStore } from "./store.ts";

/** What the operations share. */
export interface S3 {
  readonly store: MetadataStore;
  readonly bodies: BodyStore;
  readonly targets: EventTargets;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** What was said of buckets since the server started, so that not every object of theirs makes a line. */
  readonly said: Set<string>;
}

const SAID_MOST = 10_000;

/** Attributes of objects that are kept but do nothing are said, once for a bucket. */
export function sayWithoutEffect(
  { log, said }: S3,
  bucket: string,
  { storageClass, headers }: Pick<ObjectAttributes, "storageClass" | "headers">,
): void {
  const settings = [
    ...(storageClass === "STANDARD" ? [] : ["StorageClass"]),
    ...(headers.websiteRedirectLocation === undefined ? [] : ["WebsiteRedirectLocation"]),
  ];
  const saying = `${bucket} ${settings.join(" ")}`;
  if (settings.length === 0 || said.has(saying)) return;
  if (said.size >= SAID_MOST) said.clear();
  said.add(saying);
  log.warn("settings without effect", { bucket, settings });
}

/** Names the bucket of a request and who asks for it. */
export function accessOf(
  input: { readonly Bucket: string | undefined; readonly ExpectedBucketOwner?: string | undefined },
  context: RequestContext,
): BucketAccess {
  // There are no public buckets: who does not sign has no access to any.
  if (context.identity.kind === "anonymous") throw fail("AccessDenied");
  return {
    bucket: input.Bucket ?? "",
    account: context.account,
    ...(input.ExpectedBucketOwner === undefined ? {} : { expectedOwner: input.ExpectedBucketOwner }),
  };
}

/** What an event record will tell of this request. */
export function factsOf(s3: S3, context: RequestContext): RequestFacts {
  const traceId = context.headers["x-amzn-trace-id"];
  return {
    requestId: context.requestId,
    extendedRequestId: context.extendedRequestId,
    principalId: `AWS:${context.identity.userId}`,
    sourceIp: context.sourceIp,
    timeMs: s3.clock.now(),
    uniqueId: context.requestId,
    ...(traceId === undefined ? {} : { traceId }),
  };
}
