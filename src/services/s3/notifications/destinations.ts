import type { EventOrigin, EventTargets } from "../../../base/index.ts";
import { fail } from "../errors.ts";
import type { Bucket } from "../model.ts";
import { bucketArn } from "../owner.ts";
import type { DestinationKind, NotificationRule, StoredNotification } from "./configuration.ts";

/** On whose behalf a bucket's events are delivered. */
export function originOf(bucket: {
  readonly sourceArn: string;
  readonly sourceAccount: string;
}): EventOrigin {
  return { principal: "s3.amazonaws.com", ...bucket };
}

/** Asks of each destination whether it would take this bucket's events; all that would not are reported together. */
export async function checkDestinations(
  targets: EventTargets,
  bucket: Bucket,
  { rules }: StoredNotification,
): Promise<void> {
  const origin = originOf({ sourceArn: bucketArn(bucket), sourceAccount: bucket.account });
  const answers = await Promise.all(
    rules.map(async (rule) => ({ rule, answer: await targets.check(rule.targetArn, origin) })),
  );
  const refused = answers.filter(({ answer }) => answer !== "ok");
  if (refused.length === 0) return;
  const members: Record<string, string> = {};
  for (const [index, { rule, answer }] of refused.entries()) {
    const { name, value } = refusal(rule, answer === "forbidden");
    members[`ArgumentName${index + 1}`] = name;
    members[`ArgumentValue${index + 1}`] = value;
  }
  throw fail("InvalidArgument", {
    with: "Unable to validate the following destination configurations",
    members,
  });
}

function refusal(
  rule: NotificationRule,
  forbidden: boolean,
): { readonly name: string; readonly value: string } {
  if (rule.kind === "function")
    return {
      name: `${rule.targetArn}, null`,
      value: `Not authorized to invoke function [${rule.targetArn}]`,
    };
  const noun: Readonly<Record<Exclude<DestinationKind, "function">, string>> = {
    queue: "queue",
    topic: "topic",
  };
  return {
    name: rule.targetArn,
    value: forbidden
      ? `Permissions on the destination ${noun[rule.kind]} do not allow S3 to publish notifications from this bucket`
      : `The destination ${noun[rule.kind]} does not exist`,
  };
}
