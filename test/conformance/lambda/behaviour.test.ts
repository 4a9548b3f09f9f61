import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  GetFunctionRecursionConfigCommand,
  GetFunctionScalingConfigCommand,
  GetRuntimeManagementConfigCommand,
  PublishVersionCommand,
  PutFunctionRecursionConfigCommand,
  PutFunctionScalingConfigCommand,
  PutRuntimeManagementConfigCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { CONTRACT_CODE, Contract } from "../../../testkit/contract.ts";

describe("settings of Lambda functions beside their configuration", () => {
  let contract: Contract;
  let name: string;

  before(async () => {
    contract = await Contract.open();
    name = await contract.createFunction({ Publish: true });
  });
  after(() => contract[Symbol.asyncDispose]());

  const missing = (qualified: string) => ({
    name: "ResourceNotFoundException",
    message: `Function not found: ${contract.functionArn(qualified)}`,
  });

  it("say whether a function may call itself", async () => {
    const get = (FunctionName: string) =>
      contract.lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }));
    const put = (FunctionName: string, RecursiveLoop: "Allow" | "Terminate") =>
      contract.lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop }));
    assert.equal((await get(name)).RecursiveLoop, "Terminate");
    assert.equal((await put(name, "Allow")).RecursiveLoop, "Allow");
    assert.equal((await get(contract.functionArn(name))).RecursiveLoop, "Allow");
    assert.equal((await put(name, "Terminate")).RecursiveLoop, "Terminate");
    await assert.rejects(put(name, "Maybe" as "Allow"), {
      name: "ValidationException",
      message: /'Maybe' at 'recursiveLoop' .* \[Allow, Terminate\]$/,
    });
    await assert.rejects(get(`${name}-none`), missing(`${name}-none`));
    await assert.rejects(put(`${name}-none`, "Allow"), missing(`${name}-none`));
    await assert.rejects(get(`${name}:1`), { name: "ValidationException" });
  });

  it("say when the runtime is replaced", async () => {
    const get = (FunctionName: string, Qualifier?: string) =>
      contract.lambda.send(
        new GetRuntimeManagementConfigCommand({ FunctionName, ...(Qualifier ? { Qualifier } : {}) }),
      );
    const put = (changes: Partial<ConstructorParameters<typeof PutRuntimeManagementConfigCommand>[0]>) =>
      contract.lambda.send(
        new PutRuntimeManagementConfigCommand({
          FunctionName: name,
          UpdateRuntimeOn: "Manual",
          ...changes,
        }),
      );
    const plain = <Answer extends { readonly $metadata: unknown }>({ $metadata, ...rest }: Answer) => {
      assert.ok($metadata);
      return rest;
    };
    const latest = contract.functionArn(`${name}:$LATEST`);
    assert.deepEqual(plain(await get(name)), { UpdateRuntimeOn: "Auto", FunctionArn: latest });
    const { RuntimeVersionConfig } = await contract.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name }),
    );
    const RuntimeVersionArn = RuntimeVersionConfig?.RuntimeVersionArn ?? "";
    const pinned = { UpdateRuntimeOn: "Manual", FunctionArn: latest, RuntimeVersionArn };
    assert.deepEqual(plain(await put({ RuntimeVersionArn })), pinned);
    assert.deepEqual(plain(await get(name, "$LATEST")), pinned);
    assert.equal((await get(name, "1")).UpdateRuntimeOn, "Auto");
    assert.deepEqual(plain(await put({ Qualifier: "1", UpdateRuntimeOn: "FunctionUpdate" })), {
      UpdateRuntimeOn: "FunctionUpdate",
      FunctionArn: contract.functionArn(`${name}:1`),
    });
    assert.deepEqual(plain(await get(name)), pinned);
    assert.deepEqual(plain(await put({ UpdateRuntimeOn: "Auto" })), {
      UpdateRuntimeOn: "Auto",
      FunctionArn: latest,
    });
    await assert.rejects(put({}), { name: "InvalidParameterValueException" });
    await assert.rejects(put({ UpdateRuntimeOn: "Auto", RuntimeVersionArn }), {
      name: "InvalidParameterValueException",
    });
    await assert.rejects(put({ RuntimeVersionArn: `${RuntimeVersionArn.slice(0, -64)}${"0".repeat(64)}` }), {
      name: "InvalidParameterValueException",
    });
    await assert.rejects(put({ RuntimeVersionArn: "arn:aws:s3:::not-a-runtime-version" }), {
      name: "ValidationException",
    });
    await assert.rejects(put({ UpdateRuntimeOn: "Never" as "Auto" }), {
      name: "ValidationException",
      message: /'Never' at 'updateRuntimeOn'/,
    });
    await assert.rejects(get(`${name}-none`), { name: "ResourceNotFoundException" });
    await assert.rejects(get(name, "77"), missing(`${name}:77`));
  });

  it("scale only what is on a capacity provider", async () => {
    const get = (FunctionName: string, Qualifier: string) =>
      contract.lambda.send(new GetFunctionScalingConfigCommand({ FunctionName, Qualifier }));
    const put = (Qualifier: string, MinExecutionEnvironments: number) =>
      contract.lambda.send(
        new PutFunctionScalingConfigCommand({
          FunctionName: name,
          Qualifier,
          FunctionScalingConfig: { MinExecutionEnvironments },
        }),
      );
    await assert.rejects(put("1", 15_000), {
      name: "InvalidParameterValueException",
      message: /capacity provider/,
    });
    await assert.rejects(get(name, "1"), { name: "InvalidParameterValueException" });
    await assert.rejects(put("1", 15_001), { name: "ValidationException" });
    await assert.rejects(put("live", 1), { name: "ValidationException" });
    await assert.rejects(get(name, "77"), missing(`${name}:77`));
    await assert.rejects(get(name, "$LATEST.PUBLISHED"), missing(`${name}:$LATEST.PUBLISHED`));
    await assert.rejects(get(`${name}-none`, "1"), { name: "ResourceNotFoundException" });
  });

  it("add up in the account", async () => {
    const settings = () => contract.lambda.send(new GetAccountSettingsCommand({}));
    const { AccountLimit, AccountUsage } = await settings();
    assert.equal(AccountLimit?.CodeSizeUnzipped, 262_144_000);
    assert.equal(AccountLimit.CodeSizeZipped, 52_428_800);
    assert.equal(AccountLimit.TotalCodeSize, 80_530_636_800);
    assert.ok((AccountLimit.ConcurrentExecutions ?? 0) >= (AccountLimit.UnreservedConcurrentExecutions ?? 0));
    const usage = async () => {
      const now = (await settings()).AccountUsage;
      return {
        functions: (now?.FunctionCount ?? 0) - (AccountUsage?.FunctionCount ?? 0),
        bytes: (now?.TotalCodeSize ?? 0) - (AccountUsage?.TotalCodeSize ?? 0),
      };
    };
    const size = CONTRACT_CODE.byteLength;
    const FunctionName = await contract.createFunction();
    assert.deepEqual(await usage(), { functions: 1, bytes: size });
    await contract.lambda.send(new PublishVersionCommand({ FunctionName }));
    assert.deepEqual(await usage(), { functions: 1, bytes: 2 * size });
    await contract.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 }));
    await contract.updated(FunctionName);
    assert.deepEqual(await usage(), { functions: 1, bytes: 2 * size });
    await contract.lambda.send(new DeleteFunctionCommand({ FunctionName }));
    assert.deepEqual(await usage(), { functions: 0, bytes: 0 });
  });
});
