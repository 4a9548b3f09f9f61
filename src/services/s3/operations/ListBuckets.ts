import type { ListBucketsOutput, ListBucketsRequest } from "@aws-sdk/client-s3";
import { s3Limits } from "../../../base/index.ts";
import type { RequestContext } from "../../../wire/index.ts";
import { invalidArgument } from "../errors.ts";
import { bucketArn, canonicalId } from "../owner.ts";
import { wireTime } from "../reading.ts";
import { decodeToken, encodeToken } from "../request/paging.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export async function ListBuckets(
  s3: S3,
  input: ListBucketsRequest,
  context: RequestContext,
): Promise<ListBucketsOutput> {
  const { account } = accessOf({ Bucket: undefined }, context);
  const most = input.MaxBuckets ?? s3Limits.listBuckets;
  if (!Number.isInteger(most) || most < 1 || most > s3Limits.listBuckets)
    throw invalidArgument(
      `Argument max-buckets must be an integer between 1 and ${s3Limits.listBuckets}`,
      "max-buckets",
      String(most),
    );
  const start = input.ContinuationToken === undefined ? undefined : decodeToken(input.ContinuationToken);
  const buckets = await s3.store.read("listBuckets", {
    account,
    after: start !== undefined && "key" in start ? start.key : "",
    prefix: input.Prefix ?? "",
    limit: most + 1,
    ...(input.BucketRegion === undefined ? {} : { region: input.BucketRegion }),
  });
  const shown = buckets.slice(0, most);
  const last = shown.at(-1);
  return {
    Buckets: shown.map((bucket) => ({
      Name: bucket.name,
      CreationDate: wireTime(bucket.createdMs),
      BucketRegion: bucket.region,
      BucketArn: bucketArn(bucket),
    })),
    Owner: { ID: canonicalId(account) },
    ...(input.Prefix === undefined ? {} : { Prefix: input.Prefix }),
    ...(buckets.length > most && last !== undefined
      ? { ContinuationToken: encodeToken({ entry: { key: last.name } }) }
      : {}),
  };
}
