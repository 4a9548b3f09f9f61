/** An SDK that belongs to a runtime, and the packages of it that are brought unless told otherwise. */
export interface PinnedSdk {
  readonly name: string;
  readonly installer: "npm" | "pip";
  /** As the installer takes them, with their versions. */
  readonly packages: readonly string[];
  /** Of packages of this SDK that are asked for without a version; empty if the newest will do. */
  readonly otherwise: string;
  /** 12 for Python 3.12. */
  readonly pythonLine?: number;
}

const V3 = {
  "client-cloudwatch": "3.1164.0",
  "client-cloudwatch-logs": "3.1169.0",
  "client-dynamodb": "3.1169.0",
  "client-eventbridge": "3.1169.0",
  "client-iam": "3.1169.0",
  "client-kinesis": "3.1143.0",
  "client-lambda": "3.1164.0",
  "client-s3": "3.1175.0",
  "client-scheduler": "3.1169.0",
  "client-sns": "3.1169.0",
  "client-sqs": "3.1175.0",
  "client-sts": "3.1177.0",
  "lib-dynamodb": "3.1169.0",
  "lib-storage": "3.1175.0",
  "s3-request-presigner": "3.1169.0",
} as const;

/** The newest that runs on Node.js 18; later ones need 20. */
const V3_FOR_NODE_18 = "<=3.893.0";

const AWS_SDK_V2 = "2.1693.0";
const BOTO3 = "1.44.8";
/** The newest for Python 3.9 and for 3.8. */
const BOTO3_FOR_39 = "1.42.97";
const BOTO3_FOR_38 = "1.37.38";

/**
 * The SDK that Lambda includes in a runtime: version 3 for JavaScript from nodejs18.x on and version 2 before, boto3 for
 * Python, https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
 * @returns undefined if Lambda includes none, or Lambkin can't bring it.
 */
export function sdkFor(identifier: string): PinnedSdk | undefined {
  const node = /^nodejs(\d+)\.x$/.exec(identifier)?.[1];
  if (node !== undefined) return forNode(Number(node));
  const python = /^python3\.(\d+)$/.exec(identifier)?.[1];
  return python === undefined ? undefined : forPython(Number(python));
}

function forNode(line: number): PinnedSdk {
  if (line < 18) {
    return {
      name: "javascript-v2",
      installer: "npm",
      packages: [`aws-sdk@${AWS_SDK_V2}`],
      otherwise: "",
    };
  }
  const old = line < 20;
  const packages = Object.entries(V3).map(
    ([name, version]) => `@aws-sdk/${name}@${old ? V3_FOR_NODE_18 : version}`,
  );
  return {
    name: old ? "javascript-v3-node18" : "javascript-v3",
    installer: "npm",
    packages,
    otherwise: old ? V3_FOR_NODE_18 : "3",
  };
}

/** A directory for each line, since it holds what that line compiled. */
function forPython(line: number): PinnedSdk {
  const version = line >= 10 ? BOTO3 : line === 9 ? BOTO3_FOR_39 : BOTO3_FOR_38;
  const packages = [`boto3==${version}`];
  return { name: `python3.${line}`, installer: "pip", packages, otherwise: "", pythonLine: line };
}

/**
 * What to bring for packages that were asked for by name: those without a version get the SDK's.
 * @throws if a name is none that a registry can have.
 */
export function packagesAskedFor(sdk: PinnedSdk, asked: readonly string[]): readonly string[] {
  return asked.map((text) => {
    if (!PACKAGE.test(text))
      throw new Error(`${JSON.stringify(text)} is no package with or without a version`);
    const pinned = sdk.packages.find(
      (known) => known.startsWith(`${text}@`) || known.startsWith(`${text}==`),
    );
    if (pinned !== undefined) return pinned;
    const bare = sdk.otherwise !== "" && text.startsWith("@aws-sdk/") && text.lastIndexOf("@") === 0;
    return bare ? `${text}@${sdk.otherwise}` : text;
  });
}

/** Nothing that npm or pip could take for an option, a file or an address. */
const PACKAGE = /^(@[\w.-]+\/)?\w[\w.-]*((@|==)\w[\w.+-]*)?$/;
