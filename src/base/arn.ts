/** The parts of an ARN, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Empty for global services such as IAM and S3. */
  readonly region: string;
  /** 12 digits; empty for S3 buckets. */
  readonly account: string;
  /** Everything after the fifth colon. */
  readonly resource: string;
}

/** Splits an ARN; undefined if the text is none. */
export function parseArn(text: string): Arn | undefined {
  const parts = text.split(":");
  if (parts.length < 6 || parts[0] !== "arn") return undefined;
  const [, partition = "", service = "", region = "", account = "", ...resource] = parts;
  if (partition === "" || service === "" || resource.join(":") === "") return undefined;
  return { partition, service, region, account, resource: resource.join(":") };
}

export function formatArn(arn: Arn): string {
  return `arn:${arn.partition}:${arn.service}:${arn.region}:${arn.account}:${arn.resource}`;
}

/** The partition that a region belongs to. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  if (region.startsWith("eusc-")) return "aws-eusc";
  if (region.startsWith("us-isob-")) return "aws-iso-b";
  if (region.startsWith("us-iso-")) return "aws-iso";
  return "aws";
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]` */
export function functionArn(account: string, region: string, name: string, qualifier?: string): string {
  const suffix = qualifier === undefined ? "" : `:${qualifier}`;
  return `arn:${partitionOf(region)}:lambda:${region}:${account}:function:${name}${suffix}`;
}
