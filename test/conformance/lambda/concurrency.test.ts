import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  type PutProvisionedConcurrencyConfigCommandInput,
  paginateListProvisionedConcurrencyConfigs,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { eventually } from "../../../testkit/eventually.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

const TOO_MUCH =
  "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";

describe("concurrency of Lambda functions", () => {
  let contract: Contract;

  before(async () => {
    contract = await Contract.open();
  });
  after(() => contract[Symbol.asyncDispose]());

  const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
    contract.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
  const release = (FunctionName: string) =>
    contract.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  const reserved = async (FunctionName: string) =>
    (await contract.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })))
      .ReservedConcurrentExecutions;
  const unreserved = async () =>
    (await contract.lambda.send(new GetAccountSettingsCommand({}))).AccountLimit
      ?.UnreservedConcurrentExecutions ?? 0;
  const provision = (input: PutProvisionedConcurrencyConfigCommandInput) =>
    contract.lambda.send(new PutProvisionedConcurrencyConfigCommand(input));
  const provisioned = (FunctionName: string, Qualifier: string) =>
    contract.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
  const unprovision = (FunctionName: string, Qualifier: string) =>
    contract.lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
  /** A function with versions 1 and 2 and the alias `live` of version 1. */
  const published = async () => {
    const FunctionName = await contract.createFunction({ Publish: true });
    await contract.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 }));
    await contract.updated(FunctionName);
    await contract.lambda.send(new PublishVersionCommand({ FunctionName }));
    await contract.lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
    return FunctionName;
  };

  it("is reserved and released", async () => {
    const name = await contract.createFunction();
    const free = await unreserved();
    assert.equal(await reserved(name), undefined);
    const put = await reserve(name, 5);
    assert.equal(put.$metadata.httpStatusCode, 200);
    assert.equal(put.ReservedConcurrentExecutions, 5);
    assert.equal(await reserved(name), 5);
    const { Concurrency } = await contract.lambda.send(new GetFunctionCommand({ FunctionName: name }));
    assert.deepEqual(Concurrency, { ReservedConcurrentExecutions: 5 });
    assert.equal(await unreserved(), free - 5);
    await reserve(contract.functionArn(name), 0);
    assert.equal(await reserved(name), 0);
    assert.equal(await unreserved(), free);
    for (let times = 0; times < 2; times++) {
      assert.equal((await release(name)).$metadata.httpStatusCode, 204);
    }
    assert.equal(await reserved(name), undefined);
    await reserve(name, 7);
    await contract.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    assert.equal(await unreserved(), free);
  });

  it("leaves a hundred to all others", async () => {
    const [name, other] = [await contract.createFunction(), await contract.createFunction()];
    const free = await unreserved();
    const refusal = { name: "InvalidParameterValueException", message: TOO_MUCH };
    await assert.rejects(reserve(name, free - 99), refusal);
    await assert.rejects(reserve(name, 100_000), refusal);
    await reserve(name, free - 100);
    await assert.rejects(reserve(other, 1), refusal);
    await reserve(other, 0);
    await reserve(name, free - 101);
    await reserve(other, 1);
    await assert.rejects(reserve(name, free - 100), refusal);
    await Promise.all([release(name), release(other)]);
    const both = await Promise.allSettled([reserve(name, free - 150), reserve(other, free - 150)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    await Promise.all([release(name), release(other)]);
    assert.equal(await unreserved(), free);
  });

  it("is of whole functions that exist", async () => {
    const name = await contract.createFunction({ Publish: true });
    const none = `${name}-none`;
    await assert.rejects(reserve(`${name}:1`, 1), {
      name: "InvalidParameterValueException",
      message:
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
    });
    await assert.rejects(reserve(none, 100_000), {
      name: "ResourceNotFoundException",
      message: `Function not found: ${contract.functionArn(none)}:$LATEST`,
    });
    for (const attempt of [() => reserved(none), () => release(none)]) {
      await assert.rejects(attempt(), {
        name: "ResourceNotFoundException",
        message: `Function not found: ${contract.functionArn(none)}`,
      });
    }
    await assert.rejects(reserve(name, -1), {
      name: "ValidationException",
      message:
        "1 validation error detected: Value '-1' at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 0",
    });
  });

  it("is provisioned for versions and aliases", async () => {
    const name = await published();
    const put = await provision({
      FunctionName: name,
      Qualifier: "live",
      ProvisionedConcurrentExecutions: 1,
    });
    assert.equal(put.$metadata.httpStatusCode, 202);
    assert.equal(put.Status, "IN_PROGRESS");
    assert.equal(put.RequestedProvisionedConcurrentExecutions, 1);
    assert.equal(put.AllocatedProvisionedConcurrentExecutions, 0);
    assert.equal(put.AvailableProvisionedConcurrentExecutions, 0);
    assert.match(put.LastModified ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
    const found = await provisioned(name, "live");
    assert.equal(found.RequestedProvisionedConcurrentExecutions, 1);
    assert.equal(found.LastModified, put.LastModified);
    await assert.rejects(
      provision({ FunctionName: name, Qualifier: "1", ProvisionedConcurrentExecutions: 1 }),
      {
        name: "ResourceConflictException",
        message: "Version is pointed by a Provisioned Concurrency alias",
      },
    );
    await provision({ FunctionName: name, Qualifier: "2", ProvisionedConcurrentExecutions: 2 });
    const listed = [];
    for await (const page of paginateListProvisionedConcurrencyConfigs(
      { client: contract.lambda, pageSize: 1 },
      { FunctionName: name },
    )) {
      listed.push(...(page.ProvisionedConcurrencyConfigs ?? []));
    }
    assert.deepEqual(
      listed.map((item) => [item.FunctionArn, item.RequestedProvisionedConcurrentExecutions]),
      [
        [contract.functionArn(`${name}:2`), 2],
        [contract.functionArn(`${name}:live`), 1],
      ],
    );
    const already = {
      name: "ResourceConflictException",
      message:
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    };
    await contract.lambda.send(
      new CreateAliasCommand({ FunctionName: name, Name: "next", FunctionVersion: "2" }),
    );
    await assert.rejects(
      provision({ FunctionName: name, Qualifier: "next", ProvisionedConcurrentExecutions: 1 }),
      already,
    );
    const move = (FunctionVersion: string) =>
      contract.lambda.send(new UpdateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion }));
    await assert.rejects(move("2"), already);
    await assert.rejects(move("$LATEST"), { name: "InvalidParameterValueException" });
    for (let times = 0; times < 2; times++) {
      assert.equal((await unprovision(name, "2")).$metadata.httpStatusCode, 204);
    }
    await move("2");
    await contract.lambda.send(new DeleteAliasCommand({ FunctionName: name, Name: "live" }));
    await contract.lambda.send(
      new CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "1" }),
    );
    await assert.rejects(provisioned(name, "live"), {
      name: "ProvisionedConcurrencyConfigNotFoundException",
      message: "No Provisioned Concurrency Config found for this function",
    });
  });

  it("is provisioned within what is reserved or left", async () => {
    const name = await published();
    const free = await unreserved();
    const ask = (ProvisionedConcurrentExecutions: number, Qualifier = "1") =>
      provision({ FunctionName: name, Qualifier, ProvisionedConcurrentExecutions });
    await assert.rejects(ask(free + 1), {
      name: "InvalidParameterValueException",
      message: `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${free}].`,
    });
    await assert.rejects(ask(free - 99), {
      name: "InvalidParameterValueException",
      message:
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    });
    await reserve(name, 3);
    await assert.rejects(ask(4), {
      name: "InvalidParameterValueException",
      message:
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
    });
    await ask(2);
    assert.equal(await unreserved(), free - 3);
    await assert.rejects(ask(2, "2"), { name: "InvalidParameterValueException" });
    await ask(1, "2");
    await assert.rejects(reserve(name, 2), {
      name: "InvalidParameterValueException",
      message:
        " ReservedConcurrentExecutions  2 should not be lower than function's total provisioned concurrency [3].",
    });
    await unprovision(name, "2");
    await release(name);
    assert.equal(await unreserved(), free - 2);
    await unprovision(name, "1");
    assert.equal(await unreserved(), free);
    await assert.rejects(ask(0), {
      name: "ValidationException",
      message:
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    });
  });

  it("is provisioned for what exists and is published", async () => {
    const name = await published();
    const arn = contract.functionArn(name);
    await assert.rejects(
      provision({ FunctionName: name, Qualifier: "$LATEST", ProvisionedConcurrentExecutions: 1 }),
      {
        name: "InvalidParameterValueException",
        message: "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
      },
    );
    for (const attempt of [() => provisioned(name, "$LATEST"), () => unprovision(name, "$LATEST")]) {
      await assert.rejects(attempt(), {
        name: "InvalidParameterValueException",
        message: "The function resource provided must be an alias or a published version.",
      });
    }
    for (const FunctionName of [name, `${name}-none`]) {
      const missing = contract.functionArn(FunctionName);
      await assert.rejects(provisioned(FunctionName, "nobody"), {
        name: "ResourceNotFoundException",
        message: `Cannot find alias arn: ${missing}:nobody`,
      });
      await assert.rejects(provisioned(FunctionName, "77"), {
        name: "ResourceNotFoundException",
        message: `Function not found: ${missing}:77`,
      });
    }
    await assert.rejects(
      contract.lambda.send(
        new PutProvisionedConcurrencyConfigCommand({
          FunctionName: `${arn}:1`,
          Qualifier: "2",
          ProvisionedConcurrentExecutions: 1,
        }),
      ),
      {
        message: "The derived qualifier from the function name does not match the specified qualifier.",
      },
    );
    await assert.rejects(provisioned(name, "1"), {
      name: "ProvisionedConcurrencyConfigNotFoundException",
    });
  });

  it("is ready once its environments are, moves with its alias, and fails with their init", async () => {
    const code = (body: string) => ({ ZipFile: zipOf({ "index.mjs": body }) });
    const FunctionName = await contract.createFunction({
      Publish: true,
      Code: code("export const handler = async () => process.env.AWS_LAMBDA_INITIALIZATION_TYPE;\n"),
    });
    await contract.lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName, ...code('throw new Error("no");\n') }),
    );
    await contract.updated(FunctionName);
    await contract.lambda.send(new PublishVersionCommand({ FunctionName }));
    await contract.lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
    const status = (wanted: string) =>
      eventually(
        async () => {
          const shown = await provisioned(FunctionName, "live");
          return shown.Status === wanted ? shown : undefined;
        },
        { what: `the status ${wanted}` },
      );
    await provision({ FunctionName, Qualifier: "live", ProvisionedConcurrentExecutions: 2 });
    const ready = await status("READY");
    assert.equal(ready.AllocatedProvisionedConcurrentExecutions, 2);
    assert.equal(ready.AvailableProvisionedConcurrentExecutions, 2);
    const answer = await contract.lambda.send(new InvokeCommand({ FunctionName, Qualifier: "live" }));
    assert.equal(answer.Payload?.transformToString(), '"provisioned-concurrency"');

    await contract.lambda.send(new UpdateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "2" }));
    const failed = await status("FAILED");
    assert.equal(failed.StatusReason, "FUNCTION_ERROR_INIT_FAILURE");
    assert.equal(failed.AllocatedProvisionedConcurrentExecutions, 0);
    await contract.lambda.send(new UpdateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
    await status("READY");
    await unprovision(FunctionName, "live");
  });
});
