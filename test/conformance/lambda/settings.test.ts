import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { CONTRACT_CODE, Contract } from "../../../testkit/contract.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

type Changes = Partial<Record<keyof CreateFunctionCommandInput, unknown>>;

const INVALID = "InvalidParameterValueException";
const VALIDATION = "ValidationException";
const env = (variables: Record<string, string>) => ({ Environment: { Variables: variables } });
const long = (characters: number) => "x".repeat(characters);

/** What CreateFunction and UpdateFunctionConfiguration both take and show again as it was given. */
const KEPT: readonly Changes[] = [
  { Description: "" },
  { Description: long(256) },
  { Handler: long(128) },
  { Timeout: 1 },
  { Timeout: 900 },
  { MemorySize: 128 },
  { MemorySize: 129 },
  { MemorySize: 10_240 },
  { EphemeralStorage: { Size: 512 } },
  { EphemeralStorage: { Size: 10_240 } },
  env({}),
  env({ AB: "", C_3: "x", LANG: "C", TZ: "Europe/Berlin", NODE_OPTIONS: "--no-warnings" }),
  env({ A1: long(4_096 - '{"A1":""}'.length) }),
  { TracingConfig: { Mode: "Active" } },
  { TracingConfig: { Mode: "PassThrough" } },
  { KMSKeyArn: "arn:aws:kms:us-east-1:123456789012:key/0c4b1b1c-0000-4000-8000-000000000000" },
  { DeadLetterConfig: { TargetArn: "arn:aws:sqs:REGION:ACCOUNT:failures" } },
  { DeadLetterConfig: { TargetArn: "arn:aws:sns:REGION:ACCOUNT:failures" } },
  { LoggingConfig: { LogFormat: "Text", LogGroup: "my/group" } },
  {
    LoggingConfig: {
      LogFormat: "JSON",
      ApplicationLogLevel: "TRACE",
      SystemLogLevel: "WARN",
      LogGroup: "my/group",
    },
  },
];

/** What both of them refuse. */
const REFUSED: readonly (readonly [Changes, string, RegExp | string])[] = [
  [{ Description: long(257) }, VALIDATION, /at 'description'.*less than or equal to 256$/],
  [{ Handler: long(129) }, VALIDATION, /at 'handler'.*less than or equal to 128$/],
  [{ Handler: "a b" }, VALIDATION, /at 'handler'.*regular expression pattern: \[\^\\s\]\+$/],
  [{ Timeout: 0 }, VALIDATION, /Value '0' at 'timeout'.*greater than or equal to 1$/],
  [{ Timeout: 901 }, VALIDATION, /Value '901' at 'timeout'.*less than or equal to 900$/],
  [{ MemorySize: 127 }, VALIDATION, /at 'memorySize'.*greater than or equal to 128$/],
  [{ MemorySize: 10_241 }, VALIDATION, /at 'memorySize'.*less than or equal to 10240$/],
  [{ EphemeralStorage: { Size: 511 } }, VALIDATION, /at 'ephemeralStorage.size'.*equal to 512$/],
  [{ EphemeralStorage: { Size: 10_241 } }, VALIDATION, /at 'ephemeralStorage.size'.*equal to 10240$/],
  [{ Role: "role" }, VALIDATION, /at 'role'.*pattern: arn:\(aws\[a-zA-Z-\]\*\)\?:iam::\\d\{12\}:role/],
  [env({ A: "too short a name" }), VALIDATION, /at 'environment.variables'.*Map keys must satisfy/],
  [env({ "1A": "" }), VALIDATION, /Map keys must satisfy constraint/],
  [
    env({ A1: long(4_097 - '{"A1":""}'.length) }),
    INVALID,
    /^Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit\. String measured: \{"A1":"x+"\}$/,
  ],
  [
    env({ AWS_REGION: "x", AWS_ACCESS_KEY_ID: "y", MINE: "z" }),
    INVALID,
    "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, AWS_ACCESS_KEY_ID",
  ],
  [{ TracingConfig: { Mode: "Passive" } }, VALIDATION, /at 'tracingConfig.mode'.*enum value set/],
  [{ KMSKeyArn: "key" }, VALIDATION, /at '(kMSKeyArn|kmsKeyArn)'/],
  [{ DeadLetterConfig: { TargetArn: "queue" } }, VALIDATION, /at 'deadLetterConfig.targetArn'/],
  [
    { DeadLetterConfig: { TargetArn: "arn:aws:s3:::bucket" } },
    INVALID,
    /neither an SQS queue nor an SNS topic/,
  ],
  [
    { DeadLetterConfig: { TargetArn: "arn:aws:sqs:sa-east-1:ACCOUNT:failures" } },
    INVALID,
    /is not in the region of the function/,
  ],
  [{ LoggingConfig: { LogFormat: "XML" } }, VALIDATION, /at 'loggingConfig.logFormat'.*enum value set/],
  [{ LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "LOUD" } }, VALIDATION, /applicationLogLevel/],
  [{ LoggingConfig: { LogFormat: "JSON", SystemLogLevel: "ERROR" } }, VALIDATION, /systemLogLevel/],
  [{ LoggingConfig: { LogGroup: "with space" } }, VALIDATION, /at 'loggingConfig.logGroup'/],
  [
    { LoggingConfig: { LogFormat: "Text", ApplicationLogLevel: "INFO" } },
    INVALID,
    'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.',
  ],
  [{ SnapStart: { ApplyOn: "Always" } }, VALIDATION, /at 'snapStart.applyOn'.*\[PublishedVersions, None\]/],
  [
    { SnapStart: { ApplyOn: "PublishedVersions" } },
    INVALID,
    "nodejs22.x is not supported for SnapStart enabled functions.",
  ],
  [
    { VpcConfig: { SubnetIds: ["net-1"], SecurityGroupIds: ["sg-1"] } },
    VALIDATION,
    /at 'vpcConfig.subnetIds'/,
  ],
  [{ VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["group"] } }, VALIDATION, /securityGroupIds/],
  [
    { VpcConfig: { SubnetIds: Array(17).fill("subnet-1"), SecurityGroupIds: ["sg-1"] } },
    VALIDATION,
    /at 'vpcConfig.subnetIds'.*less than or equal to 16$/,
  ],
  [
    { VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] } },
    INVALID,
    "SubnetIds and SecurityIds must coexist or be both empty list.",
  ],
  [{ FileSystemConfigs: [{ Arn: "a", LocalMountPath: "/mnt/a" }] }, VALIDATION, /at 'fileSystemConfigs/],
  [{ Layers: ["arn:aws:lambda:us-east-1:123456789012:layer:l"] }, VALIDATION, /at 'layers'/],
  [
    { Runtime: "cobol85" },
    INVALID,
    /^Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[.*python3\.13.*\] or be a valid ARN$/,
  ],
  ...["java8", "go1.x", "provided", "ruby2.7", "nodejs12.x", "nodejs14.x", "python3.7", "dotnetcore3.1"].map(
    (runtime) =>
      [
        { Runtime: runtime },
        INVALID,
        `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
      ] as const,
  ),
];

/** What CreateFunction alone refuses. */
const REFUSED_AT_CREATION: typeof REFUSED = [
  [{ Runtime: undefined }, INVALID, /Runtime and Handler are mandatory/],
  [{ Handler: undefined }, INVALID, /Runtime and Handler are mandatory/],
  [
    { Architectures: ["x86_64", "arm64"] },
    VALIDATION,
    /Value '\[x86_64, arm64\]' at 'architectures'.*less than or equal to 1$/,
  ],
  [
    { Architectures: ["X86_64"] },
    VALIDATION,
    /Value '\[X86_64\]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[x86_64, arm64\], Member must not be null\]$/,
  ],
  [{ PackageType: "Tar" }, VALIDATION, /at 'packageType'/],
  [{ Code: {} }, INVALID, "Please provide a source for function code."],
  [
    { Code: { ZipFile: Buffer.from("x") } },
    INVALID,
    /^Could not unzip uploaded file\. Please check your file/,
  ],
  [
    { Code: { S3Bucket: "no-such-bucket-at-all", S3Key: "k" } },
    INVALID,
    /S3 Error Code: NoSuchBucket\. S3 Error Message: The specified bucket does not exist/,
  ],
  [
    { Code: { ImageUri: "x" }, PackageType: "Image" },
    INVALID,
    /^PackageType Image is not supported by this server/,
  ],
  [{ TenancyConfig: { TenantIsolationMode: "NONE" } }, VALIDATION, /at 'tenancyConfig.tenantIsolationMode'/],
  [
    {
      Runtime: "python3.12",
      TenancyConfig: { TenantIsolationMode: "PER_TENANT" },
      SnapStart: { ApplyOn: "PublishedVersions" },
    },
    INVALID,
    /SnapStart is not supported for functions with tenant isolation/,
  ],
  [{ DurableConfig: {} }, VALIDATION, /Value null at 'durableConfig.executionTimeout'/],
  [{ DurableConfig: { ExecutionTimeout: 0 } }, VALIDATION, /at 'durableConfig.executionTimeout'/],
  [{ DurableConfig: { ExecutionTimeout: 31_622_401 } }, VALIDATION, /at 'durableConfig.executionTimeout'/],
  [
    { DurableConfig: { ExecutionTimeout: 1, RetentionPeriodInDays: 91 } },
    VALIDATION,
    /retentionPeriodInDays/,
  ],
  [
    { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ""])) },
    INVALID,
    "Number of tags exceeds resource tag limit.",
  ],
  [{ Tags: { "aws:mine": "x" } }, INVALID, /aws: prefixed tag key names are not allowed/],
  [
    { FunctionName: long(65) },
    INVALID,
    `1 validation error detected: Value '${long(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
  ],
];

/** Its version, how it came up, whether it has credentials among its variables, and what it gets where not. */
const SNAPPED = `
import json, os, urllib.request
def asked():
    url = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if url is None:
        return []
    headers = {"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return sorted(json.load(answer))
def handler(event, context):
    own = "AWS_ACCESS_KEY_ID" in os.environ
    return [context.function_version, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], own, asked()]
`;

describe("Settings of functions", () => {
  let contract: Contract;
  let lambda: LambdaClient;
  let shared: string;

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
    shared = await contract.createFunction();
  });
  after(() => contract[Symbol.asyncDispose]());

  /** With the account and region of the endpoint. */
  const here = <Value>(value: Value): Value =>
    JSON.parse(
      JSON.stringify(value)
        .replaceAll(":REGION:", `:${contract.region}:`)
        .replaceAll(":ACCOUNT:", `:${contract.account}:`),
    );
  const create = (changes: Changes) =>
    contract.createFunction(changes as Partial<CreateFunctionCommandInput>);
  const get = (FunctionName: string, Qualifier?: string): Promise<FunctionConfiguration> =>
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
  const update = async (FunctionName: string, changes: Changes) => {
    const input = { FunctionName, ...changes } as UpdateFunctionConfigurationCommandInput;
    const { $metadata: _, ...answer } = await lambda.send(new UpdateFunctionConfigurationCommand(input));
    await contract.updated(FunctionName);
    return answer;
  };

  it("default to what AWS defaults to", async () => {
    const FunctionName = contract.name();
    const { $metadata, ...made } = await lambda.send(
      new CreateFunctionCommand(contract.functionInput({ FunctionName, Runtime: "nodejs24.x" })),
    );
    assert.equal($metadata.httpStatusCode, 201);
    const { LastModified, RevisionId, RuntimeVersionConfig, ...rest } = made;
    assert.match(LastModified ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.match(RevisionId ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(
      RuntimeVersionConfig?.RuntimeVersionArn ?? "",
      new RegExp(`^arn:aws:lambda:${contract.region}::runtime:[0-9a-f]{64}$`),
    );
    const settled = {
      FunctionName,
      FunctionArn: contract.functionArn(FunctionName),
      Runtime: "nodejs24.x",
      Role: contract.roleArn,
      Handler: "index.handler",
      CodeSize: CONTRACT_CODE.byteLength,
      Description: "",
      Timeout: 3,
      MemorySize: 128,
      CodeSha256: createHash("sha256").update(CONTRACT_CODE).digest("base64"),
      Version: "$LATEST",
      TracingConfig: { Mode: "PassThrough" },
      PackageType: "Zip",
      Architectures: ["x86_64"],
      EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
      LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${FunctionName}` },
    };
    assert.deepEqual(rest, {
      ...settled,
      State: "Pending",
      StateReason: "The function is being created.",
      StateReasonCode: "Creating",
    });
    await contract.updated(FunctionName);
    const found = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.deepEqual(Object.keys(found).sort(), ["$metadata", "Code", "Configuration"]);
    assert.deepEqual(Object.keys(found.Code ?? {}).sort(), ["Location", "RepositoryType"]);
    const { RevisionId: later, ...active } = found.Configuration ?? {};
    assert.notEqual(later, RevisionId);
    assert.deepEqual(active, {
      ...settled,
      LastModified,
      RuntimeVersionConfig,
      State: "Active",
      LastUpdateStatus: "Successful",
    });
  });

  it("are kept and shown as given, at creation and by an update", async () => {
    await Promise.all(
      KEPT.map(async (changes) => {
        const given = here(changes);
        const configuration = await get(await create(given));
        for (const [member, value] of Object.entries(given))
          assert.deepEqual(
            configuration[member as keyof FunctionConfiguration],
            value,
            JSON.stringify(given).slice(0, 99),
          );
      }),
    );
    for (const changes of KEPT) {
      const given = here(changes);
      const before = await get(shared);
      const answer = await update(shared, given);
      assert.equal(answer.LastUpdateStatus, "InProgress");
      assert.equal(answer.LastUpdateStatusReasonCode, "Creating");
      assert.equal(answer.LastUpdateStatusReason, "The function is being created.");
      assert.equal(answer.State, "Active");
      const now = await get(shared);
      for (const [member, value] of Object.entries(given))
        assert.deepEqual(
          now[member as keyof FunctionConfiguration],
          value,
          JSON.stringify(given).slice(0, 99),
        );
      // Nothing but these changed, and of the rest two revisions were made.
      assert.equal(new Set([before.RevisionId, answer.RevisionId, now.RevisionId]).size, 3);
      for (const [member, value] of Object.entries(before)) {
        if (member in given || ["$metadata", "RevisionId", "LastModified"].includes(member)) continue;
        assert.deepEqual(now[member as keyof FunctionConfiguration], value, member);
      }
    }
  });

  it("are refused in the service's words, at creation and by an update", async () => {
    const before = await get(shared);
    for (const [changes, name, message] of [...REFUSED, ...REFUSED_AT_CREATION]) {
      // Bytes would not survive being made of this account and region.
      const given = "Code" in changes ? changes : { ...changes, ...here(changes) };
      const input = contract.functionInput(given as Partial<CreateFunctionCommandInput>);
      await assert.rejects(
        lambda.send(new CreateFunctionCommand(input)),
        { name, message },
        JSON.stringify(changes),
      );
      await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName: input.FunctionName })));
    }
    for (const [changes, name, message] of REFUSED) {
      await assert.rejects(update(shared, here(changes)), { name, message }, JSON.stringify(changes));
    }
    const { RevisionId, State, LastUpdateStatus } = await get(shared);
    assert.deepEqual([RevisionId, State, LastUpdateStatus], [before.RevisionId, "Active", "Successful"]);
  });

  it("are cleared by what tools send for nothing", async () => {
    const FunctionName = await create(
      here({
        ...env({ STAGE: "x" }),
        DeadLetterConfig: { TargetArn: "arn:aws:sqs:REGION:ACCOUNT:failures" },
        VpcConfig: { SubnetIds: ["subnet-1a"], SecurityGroupIds: ["sg-1"], Ipv6AllowedForDualStack: true },
        KMSKeyArn: "arn:aws:kms:REGION:ACCOUNT:key/1",
        FileSystemConfigs: [],
        ImageConfig: {},
        Layers: [],
      }),
    );
    const vpc = { SubnetIds: ["subnet-1a"], SecurityGroupIds: ["sg-1"], Ipv6AllowedForDualStack: true };
    const { VpcId, ...shown } = (await get(FunctionName)).VpcConfig ?? {};
    assert.match(VpcId ?? "", /^vpc-[0-9a-f]{17}$/);
    assert.deepEqual(shown, vpc);
    // Without a target the present one stays; only an empty one takes it away.
    const kept = await update(FunctionName, { DeadLetterConfig: {} });
    assert.match(kept.DeadLetterConfig?.TargetArn ?? "", /:failures$/);
    await update(FunctionName, {
      ...env({}),
      DeadLetterConfig: { TargetArn: "" },
      VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
      KMSKeyArn: "",
      FileSystemConfigs: [],
      ImageConfig: {},
      Layers: [],
    });
    const cleared = await get(FunctionName);
    assert.deepEqual(cleared.Environment, { Variables: {} });
    assert.deepEqual(cleared.VpcConfig, {
      SubnetIds: [],
      SecurityGroupIds: [],
      VpcId: "",
      Ipv6AllowedForDualStack: false,
    });
    for (const member of [
      "DeadLetterConfig",
      "KMSKeyArn",
      "FileSystemConfigs",
      "Layers",
      "ImageConfigResponse",
    ])
      assert.equal(member in cleared, false, member);
  });

  it("of logging follow the format", async () => {
    const FunctionName = await create({});
    const logging = async (LoggingConfig: object) =>
      (await update(FunctionName, { LoggingConfig })).LoggingConfig;
    const LogGroup = `/aws/lambda/${FunctionName}`;
    const json = { LogFormat: "JSON", LogGroup };
    assert.deepEqual(await logging({ LogFormat: "JSON" }), {
      ...json,
      ApplicationLogLevel: "INFO",
      SystemLogLevel: "INFO",
    });
    assert.deepEqual(await logging({ LogFormat: "JSON", ApplicationLogLevel: "DEBUG" }), {
      ...json,
      ApplicationLogLevel: "DEBUG",
      SystemLogLevel: "INFO",
    });
    assert.deepEqual(await logging({ LogGroup: "other" }), {
      LogFormat: "JSON",
      LogGroup: "other",
      ApplicationLogLevel: "DEBUG",
      SystemLogLevel: "INFO",
    });
    assert.deepEqual(await logging({ LogFormat: "Text" }), { LogFormat: "Text", LogGroup: "other" });
  });

  it("of SnapStart take effect with published versions", async () => {
    for (const [runtime, takes] of [
      ["python3.11", false],
      ["python3.12", true],
    ] as const) {
      const FunctionName = await create({
        Runtime: runtime,
        Code: {
          ZipFile: zipOf({
            "index.py": SNAPPED,
          }),
        },
      });
      const attempt = update(FunctionName, { SnapStart: { ApplyOn: "PublishedVersions" } });
      if (!takes) {
        await assert.rejects(attempt, {
          message: `${runtime} is not supported for SnapStart enabled functions.`,
        });
        continue;
      }
      assert.deepEqual((await attempt).SnapStart, {
        ApplyOn: "PublishedVersions",
        OptimizationStatus: "Off",
      });
      const published = await lambda.send(new PublishVersionCommand({ FunctionName }));
      assert.deepEqual(
        [published.State, published.StateReasonCode, published.SnapStart?.OptimizationStatus],
        ["Pending", "Creating", "Off"],
      );
      const latest = await get(FunctionName);
      const Qualifier = published.Version ?? "";
      await waitUntilPublishedVersionActive(
        { ...contract.waiting, client: lambda },
        { FunctionName, Qualifier },
      );
      const version = await get(FunctionName, Qualifier);
      assert.deepEqual(version.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "On" });
      assert.equal(version.LastUpdateStatus, "Successful");
      const now = await get(FunctionName);
      assert.deepEqual([now.SnapStart, now.RevisionId], [latest.SnapStart, latest.RevisionId]);
      const seen = async (which?: string) => {
        const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Qualifier: which }));
        return JSON.parse(Payload?.transformToString() ?? "") as unknown;
      };
      const credentials = ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"];
      assert.deepEqual(await seen(Qualifier), ["1", "snap-start", false, credentials]);
      assert.deepEqual(await seen(), ["$LATEST", "on-demand", true, []]);
    }
  });

  it("of tenants and durable functions are for creation", async () => {
    const tenants = await create({ TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
    assert.deepEqual((await get(tenants)).TenancyConfig, { TenantIsolationMode: "PER_TENANT" });
    const durable = await create({ DurableConfig: { ExecutionTimeout: 31_622_400 } });
    assert.deepEqual((await get(durable)).DurableConfig, {
      ExecutionTimeout: 31_622_400,
      RetentionPeriodInDays: 14,
    });
    const changed = await update(durable, { DurableConfig: { RetentionPeriodInDays: 90 } });
    assert.deepEqual(changed.DurableConfig, { ExecutionTimeout: 31_622_400, RetentionPeriodInDays: 90 });
    await assert.rejects(update(tenants, { DurableConfig: { ExecutionTimeout: 5 } }), {
      name: INVALID,
      message: /only be set when a function is created/,
    });
    await assert.rejects(
      update(tenants, {
        CapacityProviderConfig: {
          LambdaManagedInstancesCapacityProviderConfig: {
            CapacityProviderArn: `arn:aws:lambda:${contract.region}:${contract.account}:capacity-provider:p`,
          },
        },
      }),
      { name: INVALID, message: "CapacityProviderConfig isn't supported for Lambda Default functions." },
    );
  });

  it("of the code: one source, a key, an architecture, and a rehearsal", async () => {
    const FunctionName = await create({});
    const code = (changes: object) =>
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ...changes }));
    const SourceKMSKeyArn = `arn:aws:kms:${contract.region}:${contract.account}:key/1`;
    const before = await get(FunctionName);
    const next = zipOf({ "index.mjs": "export const handler = async () => 'next';" });
    const rehearsed = await code({ ZipFile: next, DryRun: true });
    assert.equal(rehearsed.CodeSha256, createHash("sha256").update(next).digest("base64"));
    const { $metadata: _, ...unchanged } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName }),
    );
    const { $metadata: __, ...was } = before as FunctionConfiguration & { $metadata?: unknown };
    assert.deepEqual(unchanged, was);
    await assert.rejects(code({ ZipFile: Buffer.from("x"), DryRun: true }), { message: /^Could not unzip/ });

    const answer = await code({ ZipFile: next, SourceKMSKeyArn, Architectures: ["arm64"] });
    assert.equal(answer.LastUpdateStatus, "InProgress");
    await contract.updated(FunctionName);
    const { Code, Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.equal(Code?.SourceKMSKeyArn, SourceKMSKeyArn);
    assert.deepEqual(Configuration?.Architectures, ["arm64"]);
    assert.equal((await fetch(Code?.Location ?? "")).status, 200);
    // What is not given stays, except for the key, which is that of the package.
    await code({ ZipFile: CONTRACT_CODE });
    await contract.updated(FunctionName);
    const after = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.deepEqual(after.Configuration?.Architectures, ["arm64"]);
    assert.equal("SourceKMSKeyArn" in (after.Code ?? {}), false);

    for (const [changes, message] of [
      [{}, "Please provide a source for function code."],
      [{ ZipFile: next, S3Bucket: "bucket", S3Key: "k" }, /do not provide other FunctionCode parameters/],
      [{ S3Bucket: "bucket" }, "S3Bucket and S3Key must be provided together."],
      [{ ImageUri: "x" }, "Please don't provide ImageUri when updating a function with packageType Zip."],
      [{ ZipFile: new Uint8Array(0) }, "Uploaded file must be a non-empty zip"],
    ] as const) {
      await assert.rejects(code(changes), { name: INVALID, message });
    }
    await assert.rejects(code({ ZipFile: next, RevisionId: before.RevisionId }), {
      name: "PreconditionFailedException",
      message:
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    });
  });
});
