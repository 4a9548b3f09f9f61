/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  ObjectCreated: ["*", "Put", "Post", "Copy", "CompleteMultipartUpload"],
  ObjectRemoved: ["*", "Delete", "DeleteMarkerCreated"],
  ObjectRestore: ["*", "Post", "Completed", "Delete"],
  Replication: [
    "*",
    "OperationFailedReplication",
    "OperationNotTracked",
    "OperationMissedThreshold",
    "OperationReplicatedAfterThreshold",
  ],
  LifecycleExpiration: ["*", "Delete", "DeleteMarkerCreated"],
  ObjectTagging: ["*", "Put", "Delete"],
  ObjectAnnotation: ["*", "Put", "Delete"],
  ObjectAcl: ["Put"],
};

const EVENT_TYPES: ReadonlySet<string> = new Set([
  "s3:ReducedRedundancyLostObject",
  "s3:LifecycleTransition",
  "s3:IntelligentTiering",
  ...Object.entries(FAMILIES).flatMap(([family, kinds]) => kinds.map((kind) => `s3:${family}:${kind}`)),
]);

export function isEventType(name: string): boolean {
  return EVENT_TYPES.has(name);
}

/** Whether a configured type (`s3:ObjectCreated:*`) covers an event or another configured type. */
export function coversEvent(configured: string, event: string): boolean {
  return configured.endsWith(":*") ? event.startsWith(configured.slice(0, -1)) : configured === event;
}
