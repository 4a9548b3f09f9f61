import path from "node:path";
import type { Clock, Log, LogSink } from "../../base/index.ts";
import { openStore, StorageError } from "../../storage/index.ts";
import { bindOperations, type Service } from "../../wire/index.ts";
import { operations } from "./operations/index.ts";
import { Retention } from "./retention.ts";
import { BufferedSink } from "./sink.ts";
import type { LogStore } from "./store.ts";

export interface LogsService {
  readonly service: Service;
  readonly sink: LogSink;
  /** Writes what is buffered, then closes. */
  close(): Promise<void>;
}

/** CloudWatch Logs, embedded. The store is opened at the first use. `directory` exists. */
export function createLogs(options: {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}): LogsService {
  const { clock, log } = options;
  let opened: ReturnType<typeof openStore<LogStore>> | undefined;
  let closed = false;
  const open = () => {
    if (closed && opened === undefined)
      return Promise.reject(new StorageError("closed", "the logs are not open any more"));
    opened ??= openStore<LogStore>({
      module: new URL("./store.ts", import.meta.url),
      file: path.join(options.directory, "logs.db"),
    });
    return opened;
  };
  const sink = new BufferedSink({ store: open, clock, log });
  const retention = new Retention({ store: () => opened, clock, log });
  const current = async () => {
    await sink.flush();
    return open();
  };
  return {
    service: {
      name: "logs",
      operations: bindOperations({ current, sink, clock, log }, operations),
      bodies: "plain",
    },
    sink,
    async close() {
      retention.stop();
      await sink.flush();
      closed = true;
      await (await opened)?.close();
    },
  };
}
