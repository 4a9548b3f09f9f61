import { appendOutbox, type StoreDatabase } from "../../../storage/index.ts";
import type { BucketAccess, RequestFacts } from "../model.ts";
import type { StoredNotification } from "../notifications/configuration.ts";
import { ruleMatches } from "../notifications/matching.ts";
import { eventMessage, type ObjectEvent, testMessage } from "../notifications/record.ts";
import { bucketArn } from "../owner.ts";
import { type OpenBucket, openBucket } from "./open-bucket.ts";

/** What the relay is handed: one message for one destination. */
export interface OutgoingNotification {
  readonly [name: string]: string | undefined;
  readonly sourceArn: string;
  readonly sourceAccount: string;
  readonly message: string;
  readonly traceId?: string;
}

/**
 * Writes the notifications of an event beside the event's own write. The topic is the destination, so that one that
 * cannot be reached holds up no other. `index` tells the events of one request apart.
 */
export function announce(
  database: StoreDatabase,
  bucket: OpenBucket,
  event: ObjectEvent,
  request: RequestFacts,
  index = 0,
): void {
  if (bucket.notification === null) return;
  const { rules } = JSON.parse(bucket.notification) as StoredNotification;
  for (const [position, rule] of rules.entries()) {
    if (!ruleMatches(rule, event.name, event.key)) continue;
    appendOutbox(database, {
      id: `${request.uniqueId}-${index}-${position}`,
      topic: rule.targetArn,
      payload: outgoing(bucket, eventMessage(bucket, rule.id, event, request), request),
    });
  }
}

function outgoing(bucket: OpenBucket, message: string, request: RequestFacts): OutgoingNotification {
  return {
    sourceArn: bucketArn(bucket),
    sourceAccount: bucket.account,
    message,
    ...(request.traceId === undefined ? {} : { traceId: request.traceId }),
  };
}

/** Replaces a bucket's configuration; queues and topics are sent the test message. */
export function putNotification(
  database: StoreDatabase,
  argument: {
    readonly access: BucketAccess;
    readonly notification: StoredNotification;
    readonly request: RequestFacts;
  },
): void {
  const { access, notification, request } = argument;
  const bucket = openBucket(database, access);
  const stored = notification.rules.length === 0 ? null : JSON.stringify(notification);
  database.run("UPDATE buckets SET notification = ? WHERE name = ?", stored, bucket.name);
  const tested = notification.rules.filter((rule) => rule.kind !== "function").map((rule) => rule.targetArn);
  for (const [index, targetArn] of [...new Set(tested)].entries())
    appendOutbox(database, {
      id: `${request.uniqueId}-test-${index}`,
      topic: targetArn,
      payload: outgoing(bucket, testMessage(bucket, request), request),
    });
}
