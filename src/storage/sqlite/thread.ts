/** The entry of a store's thread. It imports little, because every thread pays for it in memory. */
import { parentPort } from "node:worker_threads";
import { invariant, storageLimits, toError } from "../../base/index.ts";
import { asStorageError } from "../errors.ts";
import type { StoreDefinition } from "../store.ts";
import {
  type CallMessage,
  encodeError,
  type FromThread,
  type ReplyMessage,
  type Signal,
  type ThreadStart,
  type ToThread,
} from "./channel.ts";
import type { Database } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";
import { openDatabase } from "./open-database.ts";

invariant(parentPort !== null, "the store's thread has a parent");
const port = parentPort;
const send = (message: FromThread): void => port.postMessage(message);

async function open(start: ThreadStart): Promise<{ name: string; database: Database; work: GroupCommit }> {
  const { store } = (await import(start.module)) as { readonly store?: StoreDefinition };
  invariant(store !== undefined, `${start.module} does not export \`store\``);
  const database = openDatabase(start.file, store);
  return { name: store.name, database, work: new GroupCommit(database, store) };
}

/** Results that cannot be cloned fail their own call only. */
function reply(replies: readonly ReplyMessage[], signals: readonly Signal[]): void {
  try {
    send({ kind: "replies", replies, signals });
  } catch {
    for (const one of replies) {
      try {
        send({ kind: "replies", replies: [one], signals: [] });
      } catch (thrown) {
        send({ kind: "replies", replies: [[one[0], undefined, encodeError(toError(thrown))]], signals: [] });
      }
    }
    send({ kind: "replies", replies: [], signals });
  }
}

function serve(database: Database, work: GroupCommit): void {
  let reads: CallMessage[] = [];
  let writes: CallMessage[] = [];
  let scheduled = false;
  let closing = false;

  const turn = (): void => {
    scheduled = false;
    if (reads.length > 0) {
      const batch = reads.splice(0, storageLimits.groupCommitRequests);
      reply(
        batch.map((call) => work.read(call)),
        [],
      );
    }
    if (writes.length > 0) {
      const { replies, signals } = work.write(writes.splice(0, storageLimits.groupCommitRequests));
      reply(replies, signals);
    }
    if (reads.length > 0 || writes.length > 0) schedule();
    else if (closing) close(database);
  };

  // One turn later every message that has arrived is in the queues, so that the commit takes all of them.
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  };

  port.on("message", (message: ToThread) => {
    if (message.kind === "close") closing = true;
    else {
      for (const call of message.calls) {
        if (call[1]) writes.push(call);
        else reads.push(call);
      }
    }
    schedule();
  });
}

function close(database: Database): void {
  try {
    database.close();
    send({ kind: "closed" });
  } catch (thrown) {
    send({ kind: "closed", error: encodeError(asStorageError(toError(thrown))) });
  }
  port.close();
}

async function begin(start: ThreadStart): Promise<void> {
  try {
    const { name, database, work } = await open(start);
    serve(database, work);
    send({ kind: "ready", name });
  } catch (thrown) {
    send({ kind: "failed", error: encodeError(asStorageError(toError(thrown))) });
    port.close();
  }
}

// The first message says what to open; calls follow when it is open.
port.once("message", (start: ThreadStart) => void begin(start));
