import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { CommandFailure, type OptionValues } from "../command.ts";
import { openStream } from "../connection.ts";

/** What the server tells whoever develops. */
export type ServerEvent =
  | { readonly event: "watching" }
  | { readonly event: "reload"; readonly function: string; readonly paths: readonly string[] }
  | {
      readonly event: "debugging";
      readonly function: string;
      readonly runtime: string;
      readonly port: number;
    }
  | { readonly event: "failed"; readonly function: string; readonly message: string };

/** Calls back for each event until the server ends or `signal` aborts. Debuggers may attach for as long. */
export async function serverEvents(
  options: OptionValues,
  debug: readonly string[],
  onEvent: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await openStream(
    options,
    { method: "POST", path: "/_lambkin/development", query: debug.map((named) => ["debug", named] as const) },
    signal,
  );
  if (!response.ok || response.body === null) {
    const { message } = (await response.json().catch(() => ({}))) as { message?: string };
    throw new CommandFailure(message ?? `the server answers ${response.status}`);
  }
  const input = Readable.fromWeb(response.body);
  input.on("error", () => undefined);
  try {
    for await (const line of createInterface({ input })) onEvent(JSON.parse(line) as ServerEvent);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
