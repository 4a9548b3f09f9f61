import { CommandFailure, type OptionValues } from "../command.ts";
import { sendJson } from "../connection.ts";

export interface LogEvent {
  readonly eventId: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly message: string;
  readonly logStreamName: string;
  readonly logGroupName: string;
}

/** All events of a group since a time; none if there is no such group. */
export async function eventsSince(
  options: OptionValues,
  logGroupName: string,
  startTime: number,
  filterPattern: string | undefined,
): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await sendJson(options, "logs", "Logs_20140328.FilterLogEvents", {
      logGroupName,
      startTime: Math.max(0, Math.floor(startTime)),
      ...(filterPattern === undefined ? {} : { filterPattern }),
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    if (answer.status === 400 && answer.text.includes("ResourceNotFoundException")) return [];
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    const page = JSON.parse(answer.text) as {
      events?: Omit<LogEvent, "logGroupName">[];
      nextToken?: string;
    };
    events.push(...(page.events ?? []).map((event) => ({ ...event, logGroupName })));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return events;
}

/** Names of the groups that begin with a prefix. */
export async function logGroups(options: OptionValues, logGroupNamePrefix: string): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await sendJson(options, "logs", "Logs_20140328.DescribeLogGroups", {
      logGroupNamePrefix,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    const page = JSON.parse(answer.text) as {
      logGroups?: { readonly logGroupName?: string }[];
      nextToken?: string;
    };
    names.push(...(page.logGroups ?? []).flatMap(({ logGroupName }) => logGroupName ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return names;
}
