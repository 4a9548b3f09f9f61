import { bucketSettings } from "../bucket-settings.ts";
import { AbortMultipartUpload } from "./AbortMultipartUpload.ts";
import { CompleteMultipartUpload } from "./CompleteMultipartUpload.ts";
import { CopyObject } from "./CopyObject.ts";
import { CreateBucket } from "./CreateBucket.ts";
import { CreateMultipartUpload } from "./CreateMultipartUpload.ts";
import { DeleteBucket } from "./DeleteBucket.ts";
import { DeleteBucketTagging } from "./DeleteBucketTagging.ts";
import { DeleteObject } from "./DeleteObject.ts";
import { DeleteObjects } from "./DeleteObjects.ts";
import { DeleteObjectTagging } from "./DeleteObjectTagging.ts";
import { GetBucketAcl } from "./GetBucketAcl.ts";
import { GetBucketLocation } from "./GetBucketLocation.ts";
import { GetBucketNotificationConfiguration } from "./GetBucketNotificationConfiguration.ts";
import { GetBucketTagging } from "./GetBucketTagging.ts";
import { GetObject } from "./GetObject.ts";
import { GetObjectAcl } from "./GetObjectAcl.ts";
import { GetObjectAttributes } from "./GetObjectAttributes.ts";
import { GetObjectTagging } from "./GetObjectTagging.ts";
import { HeadBucket } from "./HeadBucket.ts";
import { HeadObject } from "./HeadObject.ts";
import { ListBuckets } from "./ListBuckets.ts";
import { ListMultipartUploads } from "./ListMultipartUploads.ts";
import { ListObjects } from "./ListObjects.ts";
import { ListObjectsV2 } from "./ListObjectsV2.ts";
import { ListObjectVersions } from "./ListObjectVersions.ts";
import { ListParts } from "./ListParts.ts";
import { PutBucketNotificationConfiguration } from "./PutBucketNotificationConfiguration.ts";
import { PutBucketTagging } from "./PutBucketTagging.ts";
import { PutObject } from "./PutObject.ts";
import { PutObjectTagging } from "./PutObjectTagging.ts";
import { UploadPart } from "./UploadPart.ts";
import { UploadPartCopy } from "./UploadPartCopy.ts";

/** Every operation of S3 that this server answers. */
export const operations = {
  AbortMultipartUpload,
  CompleteMultipartUpload,
  CopyObject,
  CreateBucket,
  CreateMultipartUpload,
  DeleteBucket,
  DeleteBucketTagging,
  DeleteObject,
  DeleteObjectTagging,
  DeleteObjects,
  GetBucketAcl,
  GetBucketLocation,
  GetBucketNotificationConfiguration,
  GetBucketTagging,
  GetObject,
  GetObjectAcl,
  GetObjectAttributes,
  GetObjectTagging,
  HeadBucket,
  HeadObject,
  ListBuckets,
  ListMultipartUploads,
  ListObjectVersions,
  ListObjects,
  ListObjectsV2,
  ListParts,
  PutBucketNotificationConfiguration,
  PutBucketTagging,
  PutObject,
  PutObjectTagging,
  UploadPart,
  UploadPartCopy,
  ...bucketSettings,
};
