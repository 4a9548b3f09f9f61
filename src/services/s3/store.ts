import {
  outboxMigration,
  outboxReads,
  outboxWrites,
  type Store,
  type StoreDefinition,
} from "../../storage/index.ts";
import { putNotification } from "./store/announce.ts";
import {
  createBucket,
  deleteBucket,
  listBuckets,
  putBucketTags,
  readBucket,
  readBucketTags,
  readNotification,
} from "./store/buckets.ts";
import { completeUpload } from "./store/completion.ts";
import { unreferencedFiles } from "./store/files.ts";
import { listObjects, listUploads } from "./store/listing.ts";
import { tables } from "./store/migrations.ts";
import { copyObject, deleteObjects, putObject, putObjectTags, readObject } from "./store/objects.ts";
import { abortUpload, copyPart, createUpload, listParts, putPart, readUpload } from "./store/uploads.ts";

/** The metadata of buckets, objects and uploads, in a thread and a file of its own. */
export const store = {
  name: "s3",
  migrations: [tables, outboxMigration],
  writes: {
    createBucket,
    deleteBucket,
    putBucketTags,
    putNotification,
    putObject,
    copyObject,
    deleteObjects,
    putObjectTags,
    createUpload,
    putPart,
    copyPart,
    completeUpload,
    abortUpload,
    ...outboxWrites,
  },
  reads: {
    readBucket,
    listBuckets,
    readBucketTags,
    readNotification,
    readObject,
    listObjects,
    readUpload,
    listParts,
    listUploads,
    unreferencedFiles,
    ...outboxReads,
  },
} satisfies StoreDefinition;

export type MetadataStore = Store<typeof store>;
