import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  DeleteLayerVersionCommand,
  type FunctionConfiguration,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionCommand,
  type LambdaClient,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  paginateListVersionsByFunction,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import { CONTRACT_CODE, Contract } from "../../../testkit/contract.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

const NEXT_CODE = zipOf({ "index.mjs": "export const handler = async () => 'next';\n" });

/** The calls of deployment tools, in their order and with what they look at, played through the SDK. */
describe("Deployment tools", () => {
  let contract: Contract;
  let lambda: LambdaClient;

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
  });
  after(() => contract[Symbol.asyncDispose]());

  /** What terraform-provider-aws reads of `aws_lambda_function`, in its order. */
  const read = async (FunctionName: string) => {
    const { Configuration, Code, Tags } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.ok(
      Configuration && Code?.Location,
      "the provider takes an answer without either for an empty one",
    );
    const versions: FunctionConfiguration[] = [];
    for await (const page of paginateListVersionsByFunction(
      { client: lambda, pageSize: 2 },
      { FunctionName },
    ))
      versions.push(...(page.Versions ?? []));
    const signing = await lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName }));
    const { RevisionId: _, LastModified: __, ...configuration } = Configuration;
    const newest = versions.at(-1);
    return {
      configuration,
      Tags,
      qualifiedArn: newest?.FunctionArn,
      version: newest?.Version,
      signing: signing.CodeSigningConfigArn,
    };
  };
  const settled = async (FunctionName: string) => {
    await contract.updated(FunctionName);
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.equal(Configuration?.State, "Active");
  };

  it("Terraform: a plan after an apply finds nothing to do, whatever is set, changed or taken away", async () => {
    const FunctionName = contract.name();
    const full = {
      Description: "by terraform",
      Timeout: 30,
      MemorySize: 256,
      EphemeralStorage: { Size: 1_024 },
      Environment: { Variables: { STAGE: "prod" } },
      DeadLetterConfig: { TargetArn: `arn:aws:sqs:${contract.region}:${contract.account}:failures` },
      KMSKeyArn: `arn:aws:kms:${contract.region}:${contract.account}:key/1`,
      TracingConfig: { Mode: "Active" },
      VpcConfig: {
        SubnetIds: ["subnet-b", "subnet-a"],
        SecurityGroupIds: ["sg-1"],
        Ipv6AllowedForDualStack: false,
      },
      LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "WARN", SystemLogLevel: "WARN" },
    } as const satisfies Partial<UpdateFunctionConfigurationCommandInput>;
    const creation = {
      ...full,
      FunctionName,
      Tags: { team: "blue" },
      Publish: true,
    } as unknown as CreateFunctionCommandInput;
    await lambda.send(new CreateFunctionCommand(contract.functionInput(creation)));
    await settled(FunctionName);
    const applied = await read(FunctionName);
    for (const [member, value] of Object.entries(full)) {
      const shown = applied.configuration[member as keyof typeof applied.configuration] as object;
      if (member === "LoggingConfig")
        assert.deepEqual(shown, { ...full.LoggingConfig, LogGroup: `/aws/lambda/${FunctionName}` });
      else if (member === "VpcConfig")
        assert.deepEqual({ ...shown, VpcId: 0 }, { ...full.VpcConfig, VpcId: 0 });
      else assert.deepEqual(shown, value, member);
    }
    assert.deepEqual(
      [applied.Tags, applied.qualifiedArn, applied.version, applied.signing],
      [{ team: "blue" }, `${contract.functionArn(FunctionName)}:1`, "1", undefined],
    );
    assert.deepEqual(await read(FunctionName), applied);

    // Everything is taken away: the provider sends the empty forms.
    await lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName,
        Description: "",
        Timeout: 3,
        MemorySize: 128,
        EphemeralStorage: { Size: 512 },
        Environment: { Variables: {} },
        DeadLetterConfig: { TargetArn: "" },
        KMSKeyArn: "",
        TracingConfig: { Mode: "PassThrough" },
        VpcConfig: { SubnetIds: [], SecurityGroupIds: [], Ipv6AllowedForDualStack: false },
        LoggingConfig: { LogFormat: "Text" },
        Layers: [],
        FileSystemConfigs: [],
        ImageConfig: {},
      }),
    );
    await settled(FunctionName);
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: NEXT_CODE }));
    await settled(FunctionName);
    const published = await lambda.send(new PublishVersionCommand({ FunctionName }));
    const { LastUpdateStatus } = await lambda.send(
      new GetFunctionConfigurationCommand({
        FunctionName: published.FunctionArn ?? "",
        Qualifier: published.Version,
      }),
    );
    assert.equal(LastUpdateStatus, "Successful", "the provider waits for it on published versions too");
    const emptied = await read(FunctionName);
    assert.equal(emptied.version, "2");
    for (const member of [
      "DeadLetterConfig",
      "KMSKeyArn",
      "Layers",
      "FileSystemConfigs",
      "ImageConfigResponse",
    ])
      assert.equal(member in emptied.configuration, false, member);
    assert.deepEqual(emptied.configuration.LoggingConfig, {
      LogFormat: "Text",
      LogGroup: `/aws/lambda/${FunctionName}`,
    });
    assert.deepEqual(await read(FunctionName), emptied);

    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName })), {
      name: "ResourceNotFoundException",
    });
  });

  it("Terraform retries what is in progress, by the words it looks for", async () => {
    const FunctionName = await contract.createFunction();
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) =>
        lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: n + 1 })),
      ),
    );
    await contract.updated(FunctionName);
    const refused = attempts.flatMap((attempt) =>
      attempt.status === "rejected" ? [attempt.reason as Error] : [],
    );
    assert.ok(refused.length < attempts.length, "one of them has to get through");
    for (const { name, message } of refused) {
      assert.equal(name, "ResourceConflictException");
      assert.equal(
        message,
        `The operation cannot be performed at this time. An update is in progress for resource: ${contract.functionArn(FunctionName)}`,
      );
    }
  });

  it("SAM: a sync of code compares hashes, and one of a layer replaces its version", async () => {
    const LayerName = contract.name();
    const publish = async (text: string) => {
      const { LayerVersionArn = "" } = await lambda.send(
        new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: zipOf({ "nodejs/x.js": text }) } }),
      );
      return LayerVersionArn;
    };
    const FunctionName = await contract.createFunction({ Layers: [await publish("1")] });
    const before = await lambda.send(new GetFunctionCommand({ FunctionName }));
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: CONTRACT_CODE }));
    await contract.updated(FunctionName);
    const same = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.equal(same.Configuration?.CodeSha256, before.Configuration?.CodeSha256);

    const { LayerVersions = [] } = await lambda.send(new ListLayerVersionsCommand({ LayerName }));
    const newest = LayerVersions[0]?.Version ?? 0;
    const { Content } = await lambda.send(new GetLayerVersionCommand({ LayerName, VersionNumber: newest }));
    assert.ok(Content?.CodeSha256);
    const next = await publish("2");
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    const Layers = (Configuration?.Layers ?? []).map(({ Arn = "" }) =>
      Arn.startsWith(next.slice(0, next.lastIndexOf(":"))) ? next : Arn,
    );
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Layers }));
    await contract.updated(FunctionName);
    await lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber: newest }));
    const after = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.deepEqual(
      after.Layers?.map(({ Arn }) => Arn),
      [next],
    );
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    await lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber: newest + 1 }));
  });
});
