import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { CONTRACT_CODE, Contract } from "../../../testkit/contract.ts";

const VALIDATION = "ValidationException";
const PATTERN =
  /^1 validation error detected: Value '.*' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:\(aws\[a-zA-Z-\]\*\)\?:lambda:\)\?/s;
const long = (characters: number) => "x".repeat(characters);

describe("Names and qualifiers of functions", () => {
  let contract: Contract;
  let lambda: LambdaClient;
  let name: string;
  let arn: string;

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
    name = await contract.createFunction({ Publish: true });
    arn = contract.functionArn(name);
  });
  after(() => contract[Symbol.asyncDispose]());

  type Call = (FunctionName: string, Qualifier?: string) => Promise<unknown>;
  const get: Call = (FunctionName, Qualifier) =>
    lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }));
  const configuration: Call = (FunctionName, Qualifier) =>
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
  const remove: Call = (FunctionName, Qualifier) =>
    lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));
  const create: Call = (FunctionName) =>
    lambda.send(new CreateFunctionCommand(contract.functionInput({ FunctionName })));
  const configure: Call = (FunctionName) =>
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 3 }));
  const code: Call = (FunctionName) =>
    lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: CONTRACT_CODE, DryRun: true }));
  const publish: Call = (FunctionName) => lambda.send(new PublishVersionCommand({ FunctionName }));
  const versions: Call = (FunctionName) => lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
  const signing: Call = (FunctionName) =>
    lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName }));

  it("are refused when malformed, by every operation", async () => {
    const region = contract.region;
    const malformed = [
      "*",
      "my-function!",
      `invalid-account:function:${name}`,
      `arn:aws:ec2:${region}:${contract.account}:instance:i-1`,
      `arn:aws:lambda:${region}:function:${name}`,
      `arn:aws:lambda:${contract.account}:function:${name}`,
      `arn:aws:lambda:invalid-region:${contract.account}:function:${name}`,
      `${arn}:1:2`,
      `function:${name}:$LATEST:extra`,
      `${arn}:$LATES`,
    ];
    for (const operation of [
      get,
      configuration,
      remove,
      create,
      configure,
      code,
      publish,
      versions,
      signing,
    ]) {
      for (const given of malformed) {
        await assert.rejects(operation(given), { name: VALIDATION, message: PATTERN }, given);
      }
    }
  });

  it("of 65 characters are never found, and not to be had", async () => {
    const missing = {
      name: "ResourceNotFoundException",
      message: `Function not found: ${contract.functionArn(long(65))}`,
    };
    for (const operation of [get, configuration, remove, configure, code, publish, versions, signing])
      await assert.rejects(operation(long(65)), missing);
    await assert.rejects(create(long(65)), {
      name: "InvalidParameterValueException",
      message: `1 validation error detected: Value '${long(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    });
    await assert.rejects(create(contract.functionArn(long(100))), {
      name: VALIDATION,
      message:
        /at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140/,
    });
    const longest = `${contract.name()}-`.padEnd(64, "x");
    await create(longest);
    await contract.updated(longest);
    await remove(longest);
  });

  it("have qualifiers of up to 128 characters", async () => {
    for (const operation of [get, configuration, remove]) {
      await assert.rejects(operation(name, long(129)), {
        name: VALIDATION,
        message: `1 validation error detected: Value '${long(129)}' at 'qualifier' failed to satisfy constraint: Member must have length less than or equal to 128`,
      });
      await assert.rejects(operation(name, "invalid!"), {
        name: VALIDATION,
        message:
          /Value 'invalid!' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: /,
      });
      await assert.rejects(operation(`${name}:$LATEST`, "1"), {
        name: "InvalidParameterValueException",
        message: "The derived qualifier from the function name does not match the specified qualifier.",
      });
    }
  });

  it("are said as they were asked for when there is no such thing", async () => {
    const missing = (what: string) => ({
      name: "ResourceNotFoundException",
      message: `Function not found: ${contract.functionArn(what)}`,
    });
    const nobody = contract.name();
    for (const operation of [get, configuration]) {
      for (const [given, qualifier, what] of [
        [nobody, undefined, nobody],
        [nobody, "$LATEST", `${nobody}:$LATEST`],
        [name, "1221", `${name}:1221`],
        [name, "staging", `${name}:staging`],
        [name, "$latest", `${name}:$latest`],
        [`${arn}:7`, undefined, `${name}:7`],
      ] as const) {
        await assert.rejects(operation(given, qualifier), missing(what), `${given} ${qualifier}`);
      }
    }
    for (const operation of [remove, configure, code, publish, versions, signing])
      await assert.rejects(operation(nobody), missing(nobody));
    // The version of a function that is there need not be, of one that is not the function is missed.
    await remove(name, "1221");
    await remove(name, "1221");
    await assert.rejects(remove(nobody, "1221"), missing(nobody));
    for (const target of [name, nobody]) {
      await assert.rejects(remove(target, "staging"), {
        name: "InvalidParameterValueException",
        message: "Deletion of aliases is not currently supported.",
      });
    }
    await assert.rejects(remove(name, "$LATEST"), {
      name: "InvalidParameterValueException",
      message: "$LATEST version cannot be deleted without deleting the function.",
    });
  });

  it("lead no further than account and region", async () => {
    const foreign = `arn:aws:lambda:${contract.region}:999999999999:function:theirs`;
    for (const operation of [get, configuration, remove, create, configure, code, publish, versions])
      await assert.rejects(operation(foreign), { name: "AccessDeniedException" });
    const path = `/2015-03-31/functions/${encodeURIComponent(foreign)}/configuration`;
    const answer = await contract.raw({ method: "PUT", path, body: "{}" });
    assert.equal(answer.status, 403);
    assert.deepEqual(JSON.parse(answer.body), { Message: null });
    const elsewhere = `arn:aws:lambda:sa-east-1:${contract.account}:function:${name}`;
    for (const operation of [get, configuration, remove, create, configure, code, publish, versions]) {
      await assert.rejects(operation(elsewhere), {
        name: "ResourceNotFoundException",
        message: `Functions from 'sa-east-1' are not reachable in this region ('${contract.region}')`,
      });
    }
  });

  it("list without state, whole or by version", async () => {
    const all: string[] = [];
    for (const version of [undefined, "ALL"] as const) {
      let Marker: string | undefined;
      do {
        const page = await lambda.send(
          new ListFunctionsCommand({ FunctionVersion: version, Marker, MaxItems: 10_000 }),
        );
        for (const item of page.Functions ?? []) {
          if (item.FunctionName !== name) continue;
          all.push(item.FunctionArn ?? "");
          for (const member of ["State", "StateReason", "LastUpdateStatus", "RuntimeVersionConfig"])
            assert.equal(member in item, false, member);
          assert.equal(item.Runtime, "nodejs22.x");
        }
        Marker = page.NextMarker;
      } while (Marker);
    }
    assert.deepEqual(all, [arn, `${arn}:$LATEST`, `${arn}:1`]);
    for (const [input, what] of [
      [{ MaxItems: 0 }, /at 'maxItems'.*greater than or equal to 1/],
      [{ MaxItems: 10_001 }, /at 'maxItems'.*less than or equal to 10000/],
      [{ FunctionVersion: "SOME" as "ALL" }, /at 'functionVersion'.*enum value set: \[ALL\]/],
    ] as const) {
      await assert.rejects(lambda.send(new ListFunctionsCommand(input)), { name: VALIDATION, message: what });
    }
    const { Functions } = await lambda.send(new ListFunctionsCommand({ MasterRegion: "us-east-1" }));
    assert.deepEqual(Functions, []);
  });
});
