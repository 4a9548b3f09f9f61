import { isIPv4 } from "node:net";
import { fail } from "../errors.ts";

const NAME = /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/;
const RESERVED_PREFIXES = ["xn--", "sthree-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function checkBucketName(name: string): void {
  const valid =
    NAME.test(name) &&
    !name.includes("..") &&
    !isIPv4(name) &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
  if (!valid) throw fail("InvalidBucketName", { members: { BucketName: name } });
}
