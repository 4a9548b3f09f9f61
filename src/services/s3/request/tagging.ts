import type { Tag as WireTag } from "@aws-sdk/client-s3";
import { s3Limits } from "../../../base/index.ts";
import { fail, invalidArgument } from "../errors.ts";
import type { Tag } from "../model.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function checkTag({ key, value }: Tag): void {
  if (key === "" || key.length > s3Limits.tagKeyCharacters || !ALLOWED.test(key))
    throw fail("InvalidTag", {
      with: "The TagKey you have provided is invalid",
      members: { TagKey: key },
    });
  if (value.length > s3Limits.tagValueCharacters || !ALLOWED.test(value))
    throw fail("InvalidTag", {
      with: "The TagValue you have provided is invalid",
      members: { TagKey: key, TagValue: value },
    });
  if (key.startsWith("aws:"))
    throw fail("InvalidTag", {
      with: 'Your TagKey cannot be prefixed with "aws:"',
      members: { TagKey: key },
    });
}

/** A tag set as it comes in XML. */
export function tagSetOf(tags: readonly WireTag[] | undefined, holder: "object" | "bucket"): Tag[] {
  const most = holder === "object" ? s3Limits.objectTags : s3Limits.bucketTags;
  const set = (tags ?? []).map((tag) => ({ key: tag.Key ?? "", value: tag.Value ?? "" }));
  if (set.length > most)
    throw fail("BadRequest", {
      with: `${holder === "object" ? "Object" : "Bucket"} tag count cannot be greater than ${most}`,
    });
  const seen = new Set<string>();
  for (const tag of set) {
    checkTag(tag);
    if (seen.has(tag.key))
      throw fail("InvalidTag", {
        with: "Cannot provide multiple Tags with the same key",
        members: { TagKey: tag.key },
      });
    seen.add(tag.key);
  }
  return set;
}

/** The header `x-amz-tagging`: tags in the form of a URL's query. */
export function parseTaggingHeader(header: string): Tag[] {
  const tags = [...new URLSearchParams(header)].map(([key, value]) => ({ key, value }));
  const keys = new Set(tags.map((tag) => tag.key));
  const wellFormed = tags.every((tag) => tag.key !== "" && ALLOWED.test(tag.key) && ALLOWED.test(tag.value));
  if (keys.size !== tags.length || !wellFormed)
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      "x-amz-tagging",
      header,
    );
  if (tags.length > s3Limits.objectTags)
    throw fail("BadRequest", { with: `Object tags cannot be greater than ${s3Limits.objectTags}` });
  for (const tag of tags) checkTag(tag);
  return tags;
}

export function wireTags(tags: readonly Tag[]): WireTag[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}
