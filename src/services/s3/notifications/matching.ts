import { type NotificationRule, prefixOf, suffixOf } from "./configuration.ts";
import { coversEvent } from "./event-types.ts";

/** `event` without `s3:`, as records name it. */
export function ruleMatches(rule: NotificationRule, event: string, key: string): boolean {
  if (!rule.events.some((configured) => coversEvent(configured, `s3:${event}`))) return false;
  return (
    spellingsOf(prefixOf(rule)).some((prefix) => key.startsWith(prefix)) &&
    spellingsOf(suffixOf(rule)).some((suffix) => key.endsWith(suffix))
  );
}

/** Users are told to write special characters URL-encoded in filters, and many do not: either spelling matches. */
function spellingsOf(value: string): string[] {
  if (!/[%+]/.test(value)) return [value];
  try {
    return [value, decodeURIComponent(value.replaceAll("+", " "))];
  } catch {
    return [value];
  }
}

/** Two rules that some object's event would match both. */
export function rulesOverlap(a: NotificationRule, b: NotificationRule): boolean {
  const events = a.events.some((one) =>
    b.events.some((other) => coversEvent(one, other) || coversEvent(other, one)),
  );
  if (!events) return false;
  const [prefixA, prefixB, suffixA, suffixB] = [prefixOf(a), prefixOf(b), suffixOf(a), suffixOf(b)];
  return (
    (prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA)) &&
    (suffixA.endsWith(suffixB) || suffixB.endsWith(suffixA))
  );
}
