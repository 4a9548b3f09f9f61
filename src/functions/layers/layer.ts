import { parseArn, partitionOf } from "../../base/index.ts";
import type { PackageIdentity, Scope } from "../document.ts";
import type { PolicyDocument } from "../policy/statement.ts";

/** One version of a layer. Only its policy ever changes. */
export interface LayerVersion {
  readonly format: 1;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly code: Required<PackageIdentity>;
  readonly description: string;
  /** The lists are absent if the request had none. */
  readonly runtimes?: readonly string[];
  readonly architectures?: readonly string[];
  readonly licenseInfo?: string;
  readonly policy?: PolicyDocument;
}

/** What is kept of a layer beside its versions: it outlives them, since no number is given twice. */
export interface LayerHead {
  readonly format: 1;
  readonly nextVersion: number;
}

export interface LayerName extends Scope {
  readonly name: string;
}

/** `arn:aws:lambda:REGION:ACCOUNT:layer:NAME` */
export function layerArn({ account, region, name }: LayerName): string {
  return `arn:${partitionOf(region)}:lambda:${region}:${account}:layer:${name}`;
}

export function layerVersionArn(layer: LayerName, version: number): string {
  return `${layerArn(layer)}:${version}`;
}

/** Takes apart the ARN of a layer, or of a version of one. */
export function parseLayerArn(
  arn: string,
): { readonly layer: LayerName; readonly version: number | undefined } | undefined {
  const { service, account = "", region = "", resource = "" } = parseArn(arn) ?? {};
  const [kind, name, version, more] = resource.split(":");
  if (service !== "lambda" || kind !== "layer" || name === undefined || more !== undefined) return undefined;
  return { layer: { account, region, name }, version: version === undefined ? undefined : Number(version) };
}
