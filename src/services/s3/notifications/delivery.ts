import type { EventTargets } from "../../../base/index.ts";
import type { OutboxRow } from "../../../storage/index.ts";
import type { OutgoingNotification } from "../store/announce.ts";
import { originOf } from "./destinations.ts";

/** Hands a row of the outbox to its destination. A rejection means: later again. */
export function createDeliverer(targets: EventTargets): (row: OutboxRow) => Promise<void> {
  return async ({ id, topic, payload }) => {
    const { message, traceId, sourceArn, sourceAccount } = payload as unknown as OutgoingNotification;
    await targets.deliver({
      targetArn: topic,
      origin: originOf({ sourceArn, sourceAccount }),
      payload: Buffer.from(message, "utf8"),
      id,
      ...(traceId === undefined ? {} : { traceId }),
    });
  };
}
