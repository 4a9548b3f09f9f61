import { type Clock, decodePageToken, type Log, parseArn, partitionOf } from "../../base/index.ts";
import type { Store } from "../../storage/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { fail } from "./errors.ts";
import type { BufferedSink } from "./sink.ts";
import type { GroupClass, NamedGroup, Scope } from "./store/groups.ts";
import type { LogStore } from "./store.ts";

/** What the operations of CloudWatch Logs share. */
export interface Logs {
  /** The store, with everything that environments have logged so far in it. */
  current(): Promise<Store<LogStore>>;
  readonly sink: BufferedSink;
  readonly clock: Clock;
  readonly log: Log;
}

/** Settings of a group that are kept but do nothing are said, so that nobody waits for their effect. */
export function sayWithoutEffect({ log }: Logs, group: NamedGroup, settings: readonly string[]): void {
  if (settings.length > 0) log.warn("settings without effect", { logGroup: groupArn(group), settings });
}

/** The class that a request names. The client knows further ones, which are refused before they come here. */
export function groupClassOf(input: { readonly logGroupClass?: string | undefined }): GroupClass | undefined {
  return input.logGroupClass as GroupClass | undefined;
}

/** A KMS key by its ARN, as the only form that CloudWatch Logs takes; it is not looked up. */
export function keyOf(context: RequestContext, id: string): string {
  const arn = parseArn(id);
  if (arn?.service !== "kms" || arn.region !== context.region || !/^key\/[\w-]+$/.test(arn.resource)) {
    throw fail("InvalidParameterException", { with: "The specified KMS Key Id could not be found." });
  }
  return id;
}

/** The group that a request names in one of two members. */
export function groupOfEither(
  context: RequestContext,
  input: { readonly logGroupName?: string | undefined; readonly resourceIdentifier?: string | undefined },
): NamedGroup {
  const { logGroupName, resourceIdentifier } = input;
  if ((logGroupName === undefined) === (resourceIdentifier === undefined)) {
    throw fail("InvalidParameterException", {
      with: "Specify either logGroupName or resourceIdentifier, but not both.",
    });
  }
  if (resourceIdentifier?.endsWith(":query-result:*")) {
    throw fail("InvalidParameterException", {
      with: "This server has no queries, so that their results can't be given a key.",
    });
  }
  return groupOf(context, { logGroupName, logGroupIdentifier: resourceIdentifier });
}

export function scopeOf(context: RequestContext): Scope {
  return { account: context.account, region: context.region };
}

/** The group that a request names by name or, where the API allows it, by ARN. */
export function groupOf(
  context: RequestContext,
  input: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
): NamedGroup {
  if (input.logGroupName !== undefined && input.logGroupIdentifier !== undefined) {
    throw fail("InvalidParameterException", {
      with: "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
    });
  }
  const given = input.logGroupName ?? input.logGroupIdentifier;
  if (given === undefined) {
    throw fail("InvalidParameterException", {
      with: "Either logGroupName or logGroupIdentifier must be specified.",
    });
  }
  if (!given.startsWith("arn:")) return { ...scopeOf(context), group: given };
  const arn = parseArn(given);
  if (arn?.service !== "logs" || !arn.resource.startsWith("log-group:")) {
    throw fail("InvalidParameterException", { with: `Invalid log group identifier: ${given}` });
  }
  // Groups of others are as good as absent.
  if (arn.account !== context.account || arn.region !== context.region) {
    throw fail("ResourceNotFoundException", { with: { resource: "log group" } });
  }
  return { ...scopeOf(context), group: arn.resource.slice("log-group:".length).replace(/:\*$/, "") };
}

/** Without the `:*` that names the streams inside. */
export function groupArn(at: NamedGroup): string {
  return `arn:${partitionOf(at.region)}:logs:${at.region}:${at.account}:log-group:${at.group}`;
}

const TOKEN_TIME_DIGITS = 20;
const TOKEN_ID_DIGITS = 36;

/** A place as a token of 56 digits, the shape that GetLogEvents' tokens have. */
export function positionToken(
  direction: "f" | "b",
  position: { readonly timestamp: number; readonly id: number },
): string {
  const time = String(position.timestamp).padStart(TOKEN_TIME_DIGITS, "0");
  return `${direction}/${time}${String(position.id).padStart(TOKEN_ID_DIGITS, "0")}`;
}

export function parsePosition(token: string): {
  readonly direction: "f" | "b";
  readonly timestamp: number;
  readonly id: number;
} {
  const match = /^([fb])\/(\d{20})(\d{36})$/.exec(token);
  if (match === null)
    throw fail("InvalidParameterException", { with: "The specified nextToken is invalid." });
  return { direction: match[1] as "f" | "b", timestamp: Number(match[2]), id: Number(match[3]) };
}

/** The place where the page before a list's ended; empty for its first page. */
export function parseListToken(token: string | undefined): string {
  const place = token === undefined ? "" : decodePageToken(token);
  if (place === undefined)
    throw fail("InvalidParameterException", { with: "The specified nextToken is invalid." });
  return place;
}
