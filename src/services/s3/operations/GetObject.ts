import type { GetObjectOutput, GetObjectRequest } from "@aws-sdk/client-s3";
import type { RequestContext, WithStream } from "../../../wire/index.ts";
import { describe, select } from "../reading.ts";
import { checkVersionId } from "../request/conditions.ts";
import { sliceSegments } from "../request/ranges.ts";
import { accessOf, type S3 } from "../s3.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export async function GetObject(
  s3: S3,
  input: GetObjectRequest,
  context: RequestContext,
): Promise<WithStream<GetObjectOutput, "Body">> {
  checkVersionId(input.VersionId);
  const hold = s3.bodies.hold();
  try {
    const access = accessOf(input, context);
    const object = await s3.store.read("readObject", { access, key: input.Key ?? "" });
    const selection = select(object, input);
    const segments = sliceSegments(object.segments, selection);
    const output = describe(object, input, selection, context);
    const body = s3.bodies.read(segments, hold);
    // A caller that is gone before the first byte never reads the stream to its end.
    context.signal.addEventListener("abort", () => body.destroy(), { once: true });
    return { ...output, Body: body };
  } catch (thrown) {
    hold.release();
    throw thrown;
  }
}
