import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CodeSigningConfigNotFoundException,
  CodeVerificationFailedException,
  CreateCodeSigningConfigCommand,
  CreateFunctionCommand,
  DeleteCodeSigningConfigCommand,
  DeleteFunctionCodeSigningConfigCommand,
  DeleteFunctionCommand,
  DeleteLayerVersionCommand,
  GetCodeSigningConfigCommand,
  GetFunctionCodeSigningConfigCommand,
  type LambdaClient,
  PublishLayerVersionCommand,
  PutFunctionCodeSigningConfigCommand,
  paginateListCodeSigningConfigs,
  paginateListFunctionsByCodeSigningConfig,
  ResourceConflictException,
  ResourceNotFoundException,
  UpdateCodeSigningConfigCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { CONTRACT_CODE, Contract } from "../../../testkit/contract.ts";

describe("Code signing", () => {
  let contract: Contract;
  let lambda: LambdaClient;
  let profile: string;

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
    profile = `arn:aws:signer:${contract.region}:${contract.account}:/signing-profiles/mine/0123456789`;
  });
  after(() => contract[Symbol.asyncDispose]());

  const create = async (policy?: "Warn" | "Enforce") => {
    const { CodeSigningConfig, $metadata } = await lambda.send(
      new CreateCodeSigningConfigCommand({
        AllowedPublishers: { SigningProfileVersionArns: [profile] },
        ...(policy && { CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy } }),
      }),
    );
    assert.equal($metadata.httpStatusCode, 201);
    const CodeSigningConfigArn = CodeSigningConfig?.CodeSigningConfigArn ?? "";
    contract.cleanUp(() =>
      lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn })).catch(() => undefined),
    );
    return { CodeSigningConfigArn, CodeSigningConfig };
  };
  const absent = () =>
    `arn:aws:lambda:${contract.region}:${contract.account}:code-signing-config:csc-0123456789abcdefg`;

  it("configurations are created with defaults, found, changed and deleted", async () => {
    const { CodeSigningConfigArn, CodeSigningConfig } = await create();
    assert.match(CodeSigningConfigArn, /:code-signing-config:csc-[a-z0-9]{17}$/);
    const { LastModified, ...made } = CodeSigningConfig ?? {};
    assert.match(LastModified ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+0000)$/);
    const expected = {
      CodeSigningConfigId: CodeSigningConfigArn.split(":").at(-1),
      CodeSigningConfigArn,
      Description: "",
      AllowedPublishers: { SigningProfileVersionArns: [profile] },
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" },
    };
    assert.deepEqual(made, expected);
    const found = await lambda.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn }));
    assert.deepEqual(found.CodeSigningConfig, CodeSigningConfig);
    const changed = await lambda.send(
      new UpdateCodeSigningConfigCommand({
        CodeSigningConfigArn,
        Description: "strict",
        CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
      }),
    );
    const { LastModified: _, ...now } = changed.CodeSigningConfig ?? {};
    assert.deepEqual(now, {
      ...expected,
      Description: "strict",
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" },
    });
    const gone = await lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn }));
    assert.equal(gone.$metadata.httpStatusCode, 204);
    const missing = {
      name: "ResourceNotFoundException",
      message: `The Lambda code signing configuration ${CodeSigningConfigArn} can not be found.`,
    };
    for (const attempt of [
      () => lambda.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn })),
      () => lambda.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn, Description: "" })),
      () => lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn })),
      async () => {
        for await (const _page of paginateListFunctionsByCodeSigningConfig(
          { client: lambda },
          { CodeSigningConfigArn },
        ));
      },
    ]) {
      await assert.rejects(attempt, missing);
    }
  });

  it("bad input is refused", async () => {
    const one = (arns: string[], policy = "Warn") =>
      lambda.send(
        new CreateCodeSigningConfigCommand({
          AllowedPublishers: { SigningProfileVersionArns: arns },
          CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy as "Warn" },
        }),
      );
    for (const [arns, policy, message] of [
      [[], "Warn", /at 'allowedPublishers.signingProfileVersionArns'.*greater than or equal to 1/],
      [Array(21).fill(profile), "Warn", /less than or equal to 20/],
      [["nothing"], "Warn", /at 'allowedPublishers.signingProfileVersionArns'/],
      [[profile], "Ignore", /at 'codeSigningPolicies.untrustedArtifactOnDeployment'.*enum value set/],
    ] as const) {
      await assert.rejects(one(arns as string[], policy), { name: "ValidationException", message });
    }
    await assert.rejects(lambda.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn: "no-arn" })), {
      name: "ValidationException",
      message: /at 'codeSigningConfigArn'/,
    });
  });

  it("configurations, and the functions that have one, are listed in pages", async () => {
    const made = [await create(), await create(), await create()].map((each) => each.CodeSigningConfigArn);
    const listed: string[] = [];
    for await (const { CodeSigningConfigs = [] } of paginateListCodeSigningConfigs(
      { client: lambda, pageSize: 2 },
      {},
    )) {
      assert.ok(CodeSigningConfigs.length <= 2);
      listed.push(...CodeSigningConfigs.map((config) => config.CodeSigningConfigArn ?? ""));
    }
    for (const arn of made) assert.equal(listed.filter((other) => other === arn).length, 1);

    const CodeSigningConfigArn = made[0];
    const names = [];
    for (let count = 0; count < 3; count++)
      names.push(await contract.createFunction({ CodeSigningConfigArn }));
    const functions: string[] = [];
    for await (const { FunctionArns = [] } of paginateListFunctionsByCodeSigningConfig(
      { client: lambda, pageSize: 1 },
      { CodeSigningConfigArn },
    )) {
      functions.push(...FunctionArns);
    }
    assert.deepEqual(functions.sort(), names.map((name) => contract.functionArn(name)).sort());
  });

  it("is put on functions, and keeps the configuration from being deleted", async () => {
    const { CodeSigningConfigArn } = await create();
    const FunctionName = await contract.createFunction();
    const get = async () => {
      const { $metadata: _, ...answer } = await lambda.send(
        new GetFunctionCodeSigningConfigCommand({ FunctionName }),
      );
      return answer;
    };
    assert.deepEqual(await get(), {});
    const put = await lambda.send(
      new PutFunctionCodeSigningConfigCommand({
        FunctionName: contract.functionArn(FunctionName),
        CodeSigningConfigArn,
      }),
    );
    assert.equal(put.$metadata.httpStatusCode, 200);
    assert.equal(put.FunctionName, FunctionName);
    assert.deepEqual(await get(), { CodeSigningConfigArn, FunctionName });
    await assert.rejects(
      lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn })),
      ResourceConflictException,
    );
    for (let time = 0; time < 2; time++) {
      const removed = await lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName }));
      assert.equal(removed.$metadata.httpStatusCode, 204);
      assert.deepEqual(await get(), {});
    }
    await lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn }));

    // Of two things that are missing the configuration is named first.
    const nobody = contract.name();
    await assert.rejects(
      lambda.send(
        new PutFunctionCodeSigningConfigCommand({ FunctionName: nobody, CodeSigningConfigArn: absent() }),
      ),
      (error) => {
        assert.ok(error instanceof CodeSigningConfigNotFoundException);
        assert.equal(
          error.message,
          `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${absent()}.`,
        );
        return true;
      },
    );
    const { CodeSigningConfigArn: other } = await create();
    for (const attempt of [
      () =>
        lambda.send(
          new PutFunctionCodeSigningConfigCommand({ FunctionName: nobody, CodeSigningConfigArn: other }),
        ),
      () => lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName: nobody })),
      () => lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: nobody })),
    ]) {
      await assert.rejects(attempt, (error: Error) => {
        assert.ok(error instanceof ResourceNotFoundException);
        assert.equal(error.message, `Function not found: ${contract.functionArn(nobody)}`);
        return true;
      });
    }
  });

  it("lets no unsigned code or layer in where it enforces, and all where it warns", async () => {
    const { CodeSigningConfigArn } = await create("Enforce");
    const refusal = (name: string) => (error: Error) => {
      assert.ok(error instanceof CodeVerificationFailedException);
      assert.match(error.message, new RegExp(`Check the provided signature for ${name}\\.$`));
      return true;
    };
    const input = contract.functionInput({ CodeSigningConfigArn });
    await assert.rejects(lambda.send(new CreateFunctionCommand(input)), refusal(input.FunctionName ?? ""));
    await assert.rejects(
      lambda.send(new CreateFunctionCommand(contract.functionInput({ CodeSigningConfigArn: absent() }))),
      CodeSigningConfigNotFoundException,
    );

    const FunctionName = await contract.createFunction();
    await lambda.send(new PutFunctionCodeSigningConfigCommand({ FunctionName, CodeSigningConfigArn }));
    const update = () => lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: CONTRACT_CODE }));
    await assert.rejects(update, refusal(FunctionName));
    const LayerName = contract.name();
    const { LayerVersionArn = "", Version: VersionNumber } = await lambda.send(
      new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: CONTRACT_CODE } }),
    );
    contract.cleanUp(() => lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber })));
    const withLayer = () =>
      lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Layers: [LayerVersionArn] }));
    await assert.rejects(withLayer, refusal(FunctionName));
    // What brings no code is free.
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 4 }));
    await contract.updated(FunctionName);

    await lambda.send(
      new UpdateCodeSigningConfigCommand({
        CodeSigningConfigArn,
        CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" },
      }),
    );
    await update();
    await contract.updated(FunctionName);
    await withLayer();
    await contract.updated(FunctionName);
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    await lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn }));
  });
});
