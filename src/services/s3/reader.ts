import type { ObjectReader } from "../../base/index.ts";
import { fail } from "./errors.ts";
import type { S3 } from "./s3.ts";

/** Lets other rooms read an object whole, as its owner. */
export function createReader(s3: S3): ObjectReader {
  return {
    async read({ account, bucket, key, versionId, mostBytes }) {
      const hold = s3.bodies.hold();
      try {
        const object = await s3.store.read("readObject", { access: { bucket, account }, key });
        if (versionId !== undefined && versionId !== "null")
          throw fail("NoSuchVersion", { members: { Key: key, VersionId: versionId } });
        if (object.size > mostBytes)
          throw fail("EntityTooLarge", {
            members: { ProposedSize: object.size, MaxSizeAllowed: mostBytes },
          });
        const chunks: Buffer[] = [];
        const stream = s3.bodies.read(object.segments, hold);
        for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
        return Buffer.concat(chunks, object.size);
      } finally {
        hold.release();
      }
    },
  };
}
