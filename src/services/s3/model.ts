import type { ChecksumAlgorithm } from "../../base/index.ts";

/**
 * What S3 keeps. Everything here crosses the boundary of the store's thread, so it is plain data.
 * Times are epoch milliseconds; ETags are stored without their quotes.
 */

/** COMPOSITE: a checksum over the parts' checksums; https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

/** Checksums by algorithm, base64 as on the wire. */
export type Checksums = { readonly [Algorithm in ChecksumAlgorithm]?: string };

export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Base64; for COMPOSITE followed by `-` and the number of parts. */
  readonly value: string;
}

/** A stretch of a body file. An object's content is its segments in order. */
export interface Segment {
  readonly file: string;
  readonly offset: number;
  readonly size: number;
}

/** The headers that S3 keeps with an object and sends back. `expires` is kept as it came. */
export interface SystemHeaders {
  readonly contentType: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
  readonly websiteRedirectLocation?: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** What the caller decides of an object beside its content. */
export interface ObjectAttributes {
  readonly headers: SystemHeaders;
  /** User metadata; names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  readonly storageClass: string;
}

/** A part of an object that was uploaded in parts. */
export interface ObjectPart {
  readonly number: number;
  readonly size: number;
  readonly checksum?: string;
}

export interface ObjectContent {
  readonly size: number;
  readonly etag: string;
  readonly segments: readonly Segment[];
  readonly checksum: ObjectChecksum;
  /** Only of objects that were uploaded in parts. */
  readonly parts?: readonly ObjectPart[];
}

export interface StoredObject extends ObjectAttributes, ObjectContent {
  readonly key: string;
  readonly modifiedMs: number;
  /** Grows with every write; names this very write of the key. */
  readonly sequencer: string;
}

/** What a listing shows of an object. */
export interface ObjectSummary {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly storageClass: string;
  readonly checksumAlgorithm: ChecksumAlgorithm;
  readonly checksumType: ChecksumType;
}

export interface Bucket {
  readonly name: string;
  /** The 12 digits of the owner. */
  readonly account: string;
  readonly region: string;
  /** As the creator wrote it; absent in us-east-1. */
  readonly locationConstraint?: string;
  readonly createdMs: number;
}

/** Names a bucket and who asks for it. */
export interface BucketAccess {
  readonly bucket: string;
  readonly account: string;
  /** `x-amz-expected-bucket-owner` */
  readonly expectedOwner?: string;
}

export interface Upload extends ObjectAttributes {
  readonly uploadId: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly initiatorArn: string;
  readonly checksumAlgorithm: ChecksumAlgorithm;
  readonly checksumType: ChecksumType;
  /** False if the caller named no algorithm and the default was taken. */
  readonly checksumChosen: boolean;
}

export interface UploadedPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly checksums: Checksums;
  readonly segments: readonly Segment[];
}

/** Conditions of a write, evaluated in the write's own transaction. */
export interface WriteCondition {
  /** `If-None-Match: *`: the key must not exist. */
  readonly absent?: boolean;
  /** `If-Match`: the key must exist with this ETag (`*`: with any). */
  readonly etag?: string;
}

/** What an event record tells of the request that caused it. */
export interface RequestFacts {
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly principalId: string;
  readonly sourceIp: string;
  readonly timeMs: number;
  /** Unique to the request; the outbox ids are made of it. */
  readonly uniqueId: string;
  readonly traceId?: string;
}
