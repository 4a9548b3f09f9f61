import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  type CreateAliasCommandInput,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  paginateListAliases,
  ResourceConflictException,
  ResourceNotFoundException,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

/** Answers with what the context says of the invocation. */
const CODE = zipOf({
  "index.mjs":
    "export const handler = async (_, context) => ({ arn: context.invokedFunctionArn, version: context.functionVersion });\n",
});
const STALE = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("aliases of Lambda functions", () => {
  let contract: Contract;
  /** Has versions 1, 2 and 3. */
  let name: string;
  let made = 0;

  before(async () => {
    contract = await Contract.open();
    name = await contract.createFunction({ Code: { ZipFile: CODE } });
    for (const MemorySize of [128, 192, 256]) {
      await contract.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: name, MemorySize, Timeout: 20 }),
      );
      await contract.updated(name);
      await contract.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    }
  });
  after(() => contract[Symbol.asyncDispose]());

  const input = (changes: Partial<CreateAliasCommandInput> = {}): CreateAliasCommandInput => ({
    FunctionName: name,
    Name: `alias-${++made}`,
    FunctionVersion: "1",
    ...changes,
  });
  const create = (changes: Partial<CreateAliasCommandInput> = {}) =>
    contract.lambda.send(new CreateAliasCommand(input(changes)));
  const weights = (AdditionalVersionWeights: Record<string, number>) => ({
    RoutingConfig: { AdditionalVersionWeights },
  });
  const invoke = async (Qualifier: string, FunctionName = name) => {
    const answer = await contract.lambda.send(new InvokeCommand({ FunctionName, Qualifier }));
    return {
      executed: answer.ExecutedVersion,
      context: JSON.parse(answer.Payload?.transformToString() ?? "null") as { arn: string; version: string },
    };
  };

  it("are created, found, changed and deleted", async () => {
    const { $metadata, ...created } = await create({ Name: "2024-01-02" });
    assert.equal($metadata.httpStatusCode, 201);
    assert.deepEqual(created, {
      AliasArn: contract.functionArn(`${name}:2024-01-02`),
      Name: "2024-01-02",
      FunctionVersion: "1",
      Description: "",
      RevisionId: created.RevisionId,
    });
    assert.match(created.RevisionId ?? "", UUID);
    const found = await contract.lambda.send(new GetAliasCommand({ FunctionName: name, Name: "2024-01-02" }));
    assert.deepEqual({ ...found, $metadata: undefined }, { ...created, $metadata: undefined });

    const unchanged = await contract.lambda.send(
      new UpdateAliasCommand({ FunctionName: name, Name: "2024-01-02" }),
    );
    assert.notEqual(unchanged.RevisionId, created.RevisionId);
    const changed = await contract.lambda.send(
      new UpdateAliasCommand({
        FunctionName: name,
        Name: "2024-01-02",
        RevisionId: unchanged.RevisionId,
        FunctionVersion: "2",
        Description: "second",
        ...weights({ "3": 0.25 }),
      }),
    );
    assert.equal(changed.FunctionVersion, "2");
    assert.equal(changed.Description, "second");
    assert.deepEqual(changed.RoutingConfig, { AdditionalVersionWeights: { "3": 0.25 } });
    const kept = await contract.lambda.send(
      new UpdateAliasCommand({ FunctionName: name, Name: "2024-01-02", Description: "kept" }),
    );
    assert.deepEqual(kept.RoutingConfig, changed.RoutingConfig);
    const plain = await contract.lambda.send(
      new UpdateAliasCommand({ FunctionName: name, Name: "2024-01-02", ...weights({}) }),
    );
    assert.equal(plain.RoutingConfig, undefined);

    for (let times = 0; times < 2; times++) {
      const gone = await contract.lambda.send(
        new DeleteAliasCommand({ FunctionName: name, Name: "2024-01-02" }),
      );
      assert.equal(gone.$metadata.httpStatusCode, 204);
    }
    await assert.rejects(
      contract.lambda.send(new GetAliasCommand({ FunctionName: name, Name: "2024-01-02" })),
      (error) => {
        assert.ok(error instanceof ResourceNotFoundException);
        assert.equal(error.message, `Cannot find alias arn: ${contract.functionArn(`${name}:2024-01-02`)}`);
        return true;
      },
    );
  });

  it("show the configuration of their version", async () => {
    const { Name = "" } = await create({ FunctionVersion: "2" });
    const version = await contract.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: Name }),
    );
    assert.equal(version.Version, "2");
    assert.equal(version.MemorySize, 192);
    assert.equal(version.FunctionArn, contract.functionArn(`${name}:${Name}`));
    const whole = await contract.lambda.send(
      new GetFunctionCommand({ FunctionName: contract.functionArn(`${name}:${Name}`) }),
    );
    assert.equal(whole.Configuration?.FunctionArn, contract.functionArn(`${name}:${Name}`));
    assert.equal(whole.Tags, undefined);
  });

  it("refuse what they cannot be", async () => {
    const arn = contract.functionArn(name);
    const latest = "$LATEST is not supported for an alias pointing to more than 1 version";
    const cases: [Partial<CreateAliasCommandInput>, string, string | RegExp][] = [
      [{ FunctionVersion: "$LATEST", ...weights({ "1": 0.5 }) }, "InvalidParameterValueException", latest],
      [
        weights({ "2": 0.5, "3": 0.1 }),
        "InvalidParameterValueException",
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
      ],
      [
        weights({ "1": 0.5 }),
        "InvalidParameterValueException",
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
      ],
      [weights({ $LATEST: 0.5 }), "ValidationException", /Map keys must satisfy constraint/],
      [
        weights({ "2": 1.1 }),
        "ValidationException",
        /^1 validation error detected: Value '\{2=1\.1\}' at 'routingConfig\.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: \[Member must have value less than or equal to 1\.0, Member must have value greater than or equal to 0\.0, Member must not be null\]$/,
      ],
      [weights({ "2": -0.1 }), "ValidationException", /Map value must satisfy constraint/],
      [weights({ "77": 0.5 }), "ResourceNotFoundException", `Function not found: ${arn}:77`],
      [{ FunctionVersion: "77" }, "ResourceNotFoundException", `Function not found: ${arn}:77`],
      [
        { FunctionName: `${name}-none` },
        "ResourceNotFoundException",
        `Function not found: ${contract.functionArn(`${name}-none:1`)}`,
      ],
      [{ Name: "123" }, "ValidationException", /'123' at 'name' failed to satisfy constraint/],
      [{ Name: "a".repeat(129) }, "ValidationException", /at 'name' .* less than or equal to 128/],
      [
        { Description: "d".repeat(257) },
        "ValidationException",
        /at 'description' .* less than or equal to 256/,
      ],
    ];
    for (const [changes, errorName, message] of cases) {
      await assert.rejects(create(changes), { name: errorName, message });
    }
    await create({ Name: "a".repeat(128), Description: "d".repeat(256) });
    await create({ FunctionVersion: "$LATEST" });
    const { Name = "" } = await create();
    await assert.rejects(create({ Name }), (error) => {
      assert.ok(error instanceof ResourceConflictException);
      assert.equal(error.message, `Alias already exists: ${arn}:${Name}`);
      return true;
    });
  });

  it("refuse changes that do not fit", async () => {
    const { Name = "", AliasArn } = await create();
    const update = (changes: object) =>
      contract.lambda.send(new UpdateAliasCommand({ FunctionName: name, Name, ...changes }));
    await assert.rejects(update({ RevisionId: STALE }), {
      name: "PreconditionFailedException",
      message:
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    });
    await assert.rejects(update({ FunctionVersion: "77" }), { name: "ResourceNotFoundException" });
    await assert.rejects(update(weights({ "1": 0.5 })), { message: /already included in routing/ });
    await update(weights({ "2": 0.5 }));
    await assert.rejects(update({ FunctionVersion: "2" }), { message: /already included in routing/ });
    await assert.rejects(update({ Name: "nobody" }), {
      name: "ResourceNotFoundException",
      message: `Alias not found: ${contract.functionArn(`${name}:nobody`)}`,
    });
    await assert.rejects(update({ FunctionName: `${name}-none` }), {
      message: `Alias not found: ${AliasArn?.replace(name, `${name}-none`)}`,
    });
    await assert.rejects(
      contract.lambda.send(new DeleteAliasCommand({ FunctionName: `${name}-none`, Name })),
      { name: "ResourceNotFoundException" },
    );
  });

  it("may have names that JavaScript knows", async () => {
    for (const Name of ["constructor", "__proto__", "toString"]) {
      await assert.rejects(contract.lambda.send(new GetAliasCommand({ FunctionName: name, Name })), {
        name: "ResourceNotFoundException",
      });
      await assert.rejects(
        contract.lambda.send(new GetPolicyCommand({ FunctionName: name, Qualifier: Name })),
        { name: "ResourceNotFoundException" },
      );
      await create({ Name, FunctionVersion: "3" });
      assert.equal(
        (await contract.lambda.send(new GetAliasCommand({ FunctionName: name, Name }))).FunctionVersion,
        "3",
      );
      await contract.lambda.send(
        new AddPermissionCommand({
          FunctionName: name,
          Qualifier: Name,
          StatementId: "s",
          Action: "lambda:InvokeFunction",
          Principal: "s3.amazonaws.com",
        }),
      );
      const policy = await contract.lambda.send(
        new GetPolicyCommand({ FunctionName: name, Qualifier: Name }),
      );
      assert.match(policy.Policy ?? "", new RegExp(`${name}:${Name}`));
      await contract.lambda.send(new DeleteAliasCommand({ FunctionName: name, Name }));
      await assert.rejects(
        contract.lambda.send(new GetPolicyCommand({ FunctionName: name, Qualifier: Name })),
        { name: "ResourceNotFoundException" },
      );
    }
  });

  it("are listed in pages, also by their version", async () => {
    const FunctionName = await contract.createFunction();
    await contract.lambda.send(new PublishVersionCommand({ FunctionName }));
    for (let n = 0; n < 5; n++) {
      await create({ FunctionName, Name: `a${n}`, FunctionVersion: n === 3 ? "$LATEST" : "1" });
    }
    const names: (string | undefined)[] = [];
    let pages = 0;
    for await (const { Aliases = [] } of paginateListAliases(
      { client: contract.lambda, pageSize: 2 },
      { FunctionName },
    )) {
      names.push(...Aliases.map(({ Name }) => Name));
      pages++;
    }
    assert.deepEqual(names, ["a0", "a1", "a2", "a3", "a4"]);
    assert.equal(pages, 3);
    const one = await contract.lambda.send(
      new ListAliasesCommand({ FunctionName, FunctionVersion: "$LATEST" }),
    );
    assert.deepEqual(
      one.Aliases?.map(({ Name }) => Name),
      ["a3"],
    );
    await assert.rejects(contract.lambda.send(new ListAliasesCommand({ FunctionName, Marker: "x" })), {
      name: "InvalidParameterValueException",
    });
    await assert.rejects(
      contract.lambda.send(new ListAliasesCommand({ FunctionName: `${FunctionName}-none` })),
      { message: `Function not found: ${contract.functionArn(`${FunctionName}-none`)}` },
    );
  });

  it("keep their versions from being deleted", async () => {
    const FunctionName = await contract.createFunction({ Publish: true });
    const remove = (Qualifier: string) =>
      contract.lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));
    await contract.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9 }));
    await contract.updated(FunctionName);
    await contract.lambda.send(new PublishVersionCommand({ FunctionName }));
    await create({ FunctionName, Name: "both", ...weights({ "2": 0.5 }) });
    for (const version of ["1", "2"]) {
      await assert.rejects(remove(version), {
        name: "ResourceConflictException",
        message: "Version cannot be deleted because it is referenced by alias(es): both",
      });
    }
    await assert.rejects(remove("both"), {
      name: "InvalidParameterValueException",
      message: "Deletion of aliases is not currently supported.",
    });
    await contract.lambda.send(new UpdateAliasCommand({ FunctionName, Name: "both", ...weights({}) }));
    assert.equal((await remove("2")).$metadata.httpStatusCode, 204);
    await contract.lambda.send(new DeleteAliasCommand({ FunctionName, Name: "both" }));
    await remove("1");
    const { Versions } = await contract.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
    assert.deepEqual(
      Versions?.map(({ Version }) => Version),
      ["$LATEST"],
    );
    await contract.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 10 }));
    await contract.updated(FunctionName);
    assert.equal((await contract.lambda.send(new PublishVersionCommand({ FunctionName }))).Version, "3");
  });

  it("lead invocations to their versions, by weight", async () => {
    const { Name = "" } = await create({ FunctionVersion: "1", ...weights({ "2": 0 }) });
    const arn = contract.functionArn(`${name}:${Name}`);
    assert.deepEqual(await invoke(Name), { executed: "1", context: { arn, version: "1" } });
    const move = (changes: object) =>
      contract.lambda.send(new UpdateAliasCommand({ FunctionName: name, Name, ...changes }));
    await move(weights({ "2": 1 }));
    assert.deepEqual(await invoke(Name), { executed: "2", context: { arn, version: "2" } });
    await move(weights({ "2": 0.5 }));
    const counts = new Map<string | undefined, number>();
    for (let n = 0; n < 100; n++) {
      const { executed, context } = await invoke(Name);
      assert.equal(context.arn, arn);
      assert.equal(context.version, executed);
      counts.set(executed, (counts.get(executed) ?? 0) + 1);
    }
    // Fewer than 15 of 100 is less likely than one in ten billion.
    assert.deepEqual(new Set(counts.keys()), new Set(["1", "2"]));
    for (const count of counts.values()) assert.ok(count >= 15, JSON.stringify([...counts]));
    await move({ FunctionVersion: "3", ...weights({}) });
    assert.equal((await invoke(Name)).executed, "3");
    await contract.lambda.send(new DeleteAliasCommand({ FunctionName: name, Name }));
    await assert.rejects(invoke(Name), {
      name: "ResourceNotFoundException",
      message: `Function not found: ${arn}`,
    });
    assert.equal((await invoke("1")).context.arn, contract.functionArn(`${name}:1`));
  });
});
