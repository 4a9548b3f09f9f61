import { functionArn } from "../base/index.ts";
import { because, constraintFailure, foreignAccount } from "./errors.ts";

/** As the service prints it; what it accepts is stricter: after `arn:` both region and account have to follow. */
const PRINTED_PATTERN =
  "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?";

const REGION = "(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\\d";
const NAME_PATTERN = new RegExp(
  `^(?:arn:aws[a-zA-Z-]*:lambda:(?<arnRegion>${REGION}):(?<arnAccount>\\d{12}):|(?:(?<region>${REGION}):)?(?:(?<account>\\d{12}):)?)` +
    "(?:function:)?(?<name>[\\w.-]+)(?::(?<qualifier>\\$LATEST(?:\\.PUBLISHED)?|[\\w-]+))?$",
);
const BARE_NAME = /^[\w.-]+$/;

export interface FunctionName {
  readonly name: string;
  readonly account?: string;
  readonly region?: string;
  readonly qualifier?: string;
}

/**
 * Takes apart any accepted form of a function name: `name`, `function:name`, `ACCOUNT:function:name`,
 * `REGION:ACCOUNT:function:name`, a whole ARN; each with `:qualifier` or without.
 */
export function parseFunctionName(text: string): FunctionName | undefined {
  if (BARE_NAME.test(text)) return { name: text };
  const groups = NAME_PATTERN.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const account = groups["arnAccount"] ?? groups["account"];
  const region = groups["arnRegion"] ?? groups["region"];
  const qualifier = groups["qualifier"];
  return {
    name: groups["name"] ?? "",
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
    ...(qualifier === undefined ? {} : { qualifier }),
  };
}

/** What an operation is about, before it is known whether it exists. */
export interface Target {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** As given, in the name or beside it. */
  readonly qualifier: string | undefined;
  /** Unqualified. */
  readonly arn: string;
}

/**
 * Applies name, `Qualifier` and the caller's account and region to each other, in the service's order: form, account,
 * region, qualifier. An `owner` other than the caller's account is only allowed where the operation can be shared.
 */
export function locate(request: {
  readonly account: string;
  readonly region: string;
  readonly functionName: string | undefined;
  readonly qualifier?: string | undefined;
  readonly shared: boolean;
}): Target {
  const given = request.functionName ?? "";
  const parsed = parseFunctionName(given);
  if (parsed === undefined) {
    const constraint = `Member must satisfy regular expression pattern: ${PRINTED_PATTERN}`;
    throw because("validation", { failure: constraintFailure("functionName", given, constraint) });
  }
  const account = parsed.account ?? request.account;
  const region = parsed.region ?? request.region;
  if (account !== request.account && !request.shared) throw foreignAccount();
  if (region !== request.region) throw because("otherRegion", { other: region, region: request.region });
  if (
    parsed.qualifier !== undefined &&
    request.qualifier !== undefined &&
    parsed.qualifier !== request.qualifier
  ) {
    throw because("qualifierMismatch");
  }
  return {
    account,
    region,
    name: parsed.name,
    qualifier: parsed.qualifier ?? request.qualifier,
    arn: functionArn(account, region, parsed.name),
  };
}

export type QualifierKind = "latest" | "latest-published" | "version" | "alias";

export function qualifierKind(qualifier: string): QualifierKind {
  if (qualifier === "$LATEST") return "latest";
  if (qualifier === "$LATEST.PUBLISHED") return "latest-published";
  return /^\d+$/.test(qualifier) ? "version" : "alias";
}

/** `arn` or `arn:qualifier` */
export function qualified(arn: string, qualifier: string | undefined): string {
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}
