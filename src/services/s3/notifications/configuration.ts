/**
 * Where a bucket's events go, as it is stored: PutBucketNotificationConfiguration after its checks.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export interface NotificationRule {
  readonly id: string;
  readonly kind: DestinationKind;
  readonly targetArn: string;
  /** With `s3:`, possibly ending in `:*`. */
  readonly events: readonly string[];
  /** Rules as they are given back; at most one prefix and one suffix. Absent: none was given. */
  readonly filter?: readonly FilterRule[];
}

export type DestinationKind = "function" | "queue" | "topic";

export interface FilterRule {
  readonly name: "Prefix" | "Suffix";
  readonly value: string;
}

export interface StoredNotification {
  readonly rules: readonly NotificationRule[];
}

function filterValue(rule: NotificationRule, name: FilterRule["name"]): string {
  return rule.filter?.find((entry) => entry.name === name)?.value ?? "";
}

export function prefixOf(rule: NotificationRule): string {
  return filterValue(rule, "Prefix");
}

export function suffixOf(rule: NotificationRule): string {
  return filterValue(rule, "Suffix");
}
