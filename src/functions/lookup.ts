import type { RequestContext } from "../wire/index.ts";
import type { Alias } from "./aliases/model.ts";
import type { ShownVersion } from "./configuration.ts";
import { own } from "./document.ts";
import type { FunctionEntry } from "./entry.ts";
import { because } from "./errors.ts";
import { locate, qualified, qualifierKind, type Target } from "./names.ts";
import { isAllowed } from "./policy/evaluate.ts";
import type { FunctionRepository } from "./repository.ts";

/** Where an operation finds the functions it is about. */
export interface Lookup {
  readonly repository: FunctionRepository;
}

/**
 * What the request names, in the caller's account; or in another one whose function's policy shares the action.
 * `shared` is false for the operations that AWS does not let accounts share.
 */
export function locateFor(
  lookup: Lookup,
  context: RequestContext,
  request: { readonly FunctionName: string | undefined; readonly Qualifier?: string | undefined },
  options: { readonly shared: boolean },
): Target {
  const target = locate({
    account: context.account,
    region: context.region,
    functionName: request.FunctionName,
    qualifier: request.Qualifier,
    shared: options.shared,
  });
  if (target.account !== context.account) demandShare(lookup, context, target);
  return target;
}

/** For operations on functions only: a version or alias in the name is refused. */
export function locateFunction(
  lookup: Lookup,
  context: RequestContext,
  functionName: string | undefined,
  options: { readonly shared: boolean },
): Target {
  const target = locateFor(lookup, context, { FunctionName: functionName }, options);
  if (target.qualifier !== undefined && target.qualifier !== "$LATEST") throw because("functionsOnly");
  return target;
}

/** The function that exists under the target's name. */
export function findFunction(lookup: Lookup, target: Target): FunctionEntry {
  const entry = lookup.repository.get(target, target.name);
  if (entry === undefined) throw missing(target);
  return entry;
}

/** The version that the target's qualifier stands for; `$LATEST` if it has none. */
export function findVersion(entry: FunctionEntry, target: Target): ShownVersion {
  const shown = versionOf(entry, target.qualifier);
  if (shown === undefined) throw missing(target);
  return shown;
}

/** What runs under the target's qualifier if that is a version: aliases have no runtime of their own. */
export function findRunnable(
  entry: FunctionEntry | undefined,
  target: Target,
): { readonly entry: FunctionEntry; readonly shown: ShownVersion } {
  const { qualifier = "$LATEST" } = target;
  if (entry === undefined || qualifierKind(qualifier) === "alias") throw missing(target);
  return { entry, shown: findVersion(entry, target) };
}

/** What a qualifier stands for; of an alias, the version that is not the additional one. */
export function versionOf(entry: FunctionEntry, qualifier: string | undefined): ShownVersion | undefined {
  const version = (qualifier === undefined ? undefined : aliasOf(entry, qualifier)?.version) ?? qualifier;
  if (version === undefined || qualifierKind(version) === "latest") {
    return { version: "$LATEST", record: entry.document.latest };
  }
  const record = entry.versions.get(version);
  const reference = own(entry.document.versions, version);
  return record === undefined || reference === undefined ? undefined : { version, record, reference };
}

export function aliasOf(entry: FunctionEntry, name: string): Alias | undefined {
  return own(entry.document.aliases, name);
}

export function missing(target: Target): Error {
  return because("functionMissing", { arn: qualified(target.arn, target.qualifier) });
}

/** Operations that IAM knows by another action, https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html */
const ACTIONS: Readonly<Record<string, string>> = {
  Invoke: "InvokeFunction",
  InvokeAsync: "InvokeFunction",
  InvokeWithResponseStream: "InvokeFunction",
};

/** Whether the function is there is only said to whom its policy lets in. */
export function demandShare(lookup: Lookup, context: RequestContext, target: Target): void {
  const entry = lookup.repository.get(target, target.name);
  const action = `lambda:${ACTIONS[context.operation] ?? context.operation}`;
  const arn = qualified(target.arn, target.qualifier);
  const allowed = isAllowed(own(entry?.document.policies, target.qualifier ?? ""), {
    principal: context.identity,
    action,
    resource: arn,
    context: {
      "aws:SourceIp": context.sourceIp,
      "aws:RequestedRegion": context.region,
      "aws:SecureTransport": String(context.endpoint.startsWith("https:")),
      "aws:UserAgent": context.headers["user-agent"],
    },
  });
  if (!allowed) {
    throw because("notAuthorized", { caller: context.identity.arn, action, arn });
  }
}
