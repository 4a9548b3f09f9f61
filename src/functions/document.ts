import { InvariantError, invariant } from "../base/index.ts";
import type { Json } from "../storage/index.ts";
import type { Alias } from "./aliases/model.ts";
import type { EventInvokeConfig } from "./asynchronous/model.ts";
import type { ProvisionedConfig } from "./concurrency/model.ts";
import type { PolicyDocument } from "./policy/statement.ts";
import type { FunctionSettings } from "./settings/model.ts";
import type { RuntimeManagement } from "./settings/runtime-management.ts";
import type { FunctionUrl } from "./urls/model.ts";

/** A deployment package: its bytes by hash, and their number. */
export interface PackageIdentity {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** What its files add up to; absent in documents of earlier releases. */
  readonly unzippedBytes?: number;
}

export interface CodeIdentity extends PackageIdentity {
  /** Code that is no package: a directory of this machine, which is followed. The hash is that of its path. */
  readonly liveDirectory?: string;
}

export interface Reason {
  readonly text: string;
  readonly code: string;
}

/** Code and configuration that environments run. A change of either makes another generation. */
export interface Deployment {
  readonly generation: string;
  readonly code: CodeIdentity;
  readonly settings: FunctionSettings;
}

/** `$LATEST` as the API shows it. */
export interface Latest extends Deployment {
  readonly revisionId: string;
  /** Epoch milliseconds. */
  readonly lastModified: number;
  readonly state: "Pending" | "Active" | "Failed";
  readonly stateReason?: Reason;
  /** Absent while Pending. */
  readonly update?: "InProgress" | "Successful" | "Failed";
  readonly updateReason?: Reason;
}

/** A published version: written once, never changed. */
export interface PublishedVersion extends Deployment {
  readonly version: string;
  readonly revisionId: string;
  readonly lastModified: number;
}

/** What the function's document keeps of a version, because it may still change. */
export interface VersionReference {
  /** Tells the version's record from that of an attempt that never made it into the document. */
  readonly record: string;
  readonly state: "Pending" | "Active" | "Failed";
  readonly stateReason?: Reason;
}

/** Everything of one function that changes; versions beside it are written once. */
export interface FunctionDocument {
  readonly format: 1;
  readonly name: string;
  /** Another one for every creation, so that a function made anew is told from the one before. */
  readonly incarnation: string;
  /** Grows by one with every write of one incarnation. */
  readonly sequence: number;
  readonly latest: Latest;
  /** What serves while an update runs, and after one failed. */
  readonly serving?: Deployment;
  readonly nextVersion: number;
  /** By version number. */
  readonly versions: Readonly<Record<string, VersionReference>>;
  readonly lastPublished?: string;
  /** By qualifier; the function's own under the empty string. */
  readonly policies: Readonly<Record<string, PolicyDocument>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly codeSigningConfigArn?: string;
  /** By name. */
  readonly aliases?: Readonly<Record<string, Alias>>;
  /** Environments that the function has for itself and may not exceed; absent if it shares the account's. */
  readonly reservedConcurrency?: number;
  /** By qualifier, a version or alias. */
  readonly provisioned?: Readonly<Record<string, ProvisionedConfig>>;
  /** By qualifier; `$LATEST` stands for the function itself too. */
  readonly eventInvoke?: Readonly<Record<string, EventInvokeConfig>>;
  /** Absent: `Terminate`. */
  readonly recursiveLoop?: "Allow" | "Terminate";
  /** By version; absent: `Auto`. */
  readonly runtimeManagement?: Readonly<Record<string, RuntimeManagement>>;
  /** By alias; the function's own under the empty string. */
  readonly urls?: Readonly<Record<string, FunctionUrl>>;
}

/** A member of a record whose names callers choose, and might choose to be those of Object.prototype. */
export function own<Value>(
  record: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

export const CREATING: Reason = { text: "The function is being created.", code: "Creating" };

/** Region and account, of which every key starts. */
export interface Scope {
  readonly account: string;
  readonly region: string;
}

export function functionKey(scope: Scope, name: string): string {
  invariant(
    /^\d{12}$/.test(scope.account) && /^[a-z0-9-]+$/.test(scope.region),
    "a scope that no key can hold",
  );
  return `${scope.account}/${scope.region}/lambda/function/${name}`;
}

export function versionKey(
  function_: FunctionKeyParts,
  incarnation: string,
  version: string,
  record: string,
): string {
  const { account, region, name } = function_;
  return `${account}/${region}/lambda/version/${name}/${incarnation}/${version}-${record}`;
}

export interface FunctionKeyParts extends Scope {
  readonly name: string;
}

const FUNCTION_KEY = /^(\d{12})\/([a-z0-9-]+)\/lambda\/function\/([^/]+)$/;

/** The parts of a function's key; undefined for any other key. */
export function parseFunctionKey(key: string): FunctionKeyParts | undefined {
  const [, account, region, name] = FUNCTION_KEY.exec(key) ?? [];
  return account === undefined || region === undefined || name === undefined
    ? undefined
    : { account, region, name };
}

export function encode(value: FunctionDocument | PublishedVersion): Json {
  return value as unknown as Json;
}

export function decodeFunction(value: Json | undefined): FunctionDocument {
  const document = value as unknown as FunctionDocument;
  if (document?.format !== 1)
    throw new InvariantError("a function's document is of a format that this release does not know");
  return document;
}

export function decodeVersion(value: Json | undefined): PublishedVersion {
  return value as unknown as PublishedVersion;
}
