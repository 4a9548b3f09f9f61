import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import {
  AddPermissionCommand,
  CodeSigningConfigNotFoundException,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvalidParameterValueException,
  type LambdaClient,
  ListFunctionsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PolicyLengthExceededException,
  PreconditionFailedException,
  PublishVersionCommand,
  paginateListFunctions,
  RemovePermissionCommand,
  ResourceConflictException,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionExists,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { zip, zipOf } from "../../../testkit/zip-writer.ts";

const CODE = zipOf({ "index.mjs": "export const handler = async () => 1;\n" });
const NEW_CODE = zipOf({ "index.mjs": "export const handler = async () => 2;\n" });
describe("Lambda's functions through the AWS SDK for JavaScript", () => {
  let contract: Contract;
  let lambda: LambdaClient;
  let arn: string;

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
    arn = contract.functionArn("x").slice(0, -2);
  });
  after(() => contract[Symbol.asyncDispose]());

  const input = (changes: Partial<CreateFunctionCommandInput> = {}): CreateFunctionCommandInput =>
    contract.functionInput({ Code: { ZipFile: CODE }, ...changes });
  const create = (changes: Partial<CreateFunctionCommandInput> = {}) =>
    contract.createFunction(input(changes));
  const updated = (FunctionName: string) => contract.updated(FunctionName);
  const refused = (changes: Partial<CreateFunctionCommandInput>, name: string, message: RegExp) =>
    assert.rejects(lambda.send(new CreateFunctionCommand(input(changes))), { name, message });

  it("is created, found, updated and deleted", async () => {
    const given = input({ Environment: { Variables: { STAGE: "test" } }, Tags: { team: "blue" } });
    const created = await lambda.send(new CreateFunctionCommand(given));
    const { FunctionName } = created;
    assert.equal(created.$metadata.httpStatusCode, 201);
    assert.equal(created.State, "Pending");
    assert.equal(created.StateReasonCode, "Creating");
    assert.equal(created.LastUpdateStatus, undefined);
    assert.match(created.LastModified ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.equal(created.CodeSha256, createHash("sha256").update(CODE).digest("base64"));
    assert.equal(created.CodeSize, CODE.byteLength);
    await waitUntilFunctionExists({ ...contract.waiting, client: lambda }, { FunctionName });
    await waitUntilFunctionActiveV2({ ...contract.waiting, client: lambda }, { FunctionName });

    const found = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.equal(found.Configuration?.State, "Active");
    assert.equal(found.Configuration?.LastUpdateStatus, "Successful");
    assert.notEqual(found.Configuration?.RevisionId, created.RevisionId);
    assert.deepEqual(found.Tags, { team: "blue" });
    assert.deepEqual(found.Configuration?.Environment, { Variables: { STAGE: "test" } });
    const fetched = await fetch(found.Code?.Location ?? "");
    assert.equal(fetched.status, 200);
    assert.deepEqual(Buffer.from(await fetched.arrayBuffer()), CODE);

    const configured = await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 9, MemorySize: 256 }),
    );
    assert.equal(configured.$metadata.httpStatusCode, 200);
    assert.equal(configured.Timeout, 9);
    await updated(FunctionName ?? "");
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: NEW_CODE }));
    await updated(FunctionName ?? "");
    const after = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.equal(after.MemorySize, 256);
    assert.equal(after.CodeSha256, createHash("sha256").update(NEW_CODE).digest("base64"));

    const deleted = await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    assert.equal(deleted.$metadata.httpStatusCode, 204);
    assert.equal(deleted.StatusCode, 204);
    await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName })), (error) => {
      assert.ok(error instanceof ResourceNotFoundException);
      assert.equal(error.Type, "User");
      assert.equal(error.message, `Function not found: ${arn}:${FunctionName}`);
      assert.equal(error.$metadata.httpStatusCode, 404);
      assert.match(error.$metadata.requestId ?? "", /^[0-9a-f-]{36}$/);
      return true;
    });
  });

  it("is found under every form of its name", async () => {
    const name = await create({ Publish: true });
    const forms = [name, `function:${name}`, `${contract.account}:function:${name}`, `${arn}:${name}`];
    for (const FunctionName of forms) {
      const { FunctionArn } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      assert.equal(FunctionArn, `${arn}:${name}`);
      for (const qualifier of ["$LATEST", "1"]) {
        const within = { FunctionName: `${FunctionName}:${qualifier}` };
        const beside = { FunctionName, Qualifier: qualifier };
        for (const asked of [within, beside]) {
          const answer = await lambda.send(new GetFunctionConfigurationCommand(asked));
          assert.equal(answer.FunctionArn, `${arn}:${name}:${qualifier}`);
          assert.equal(answer.Version, qualifier);
        }
      }
    }
  });

  it("answers bad names and values in the service's grammar", async () => {
    const get = (FunctionName: string, Qualifier?: string) =>
      lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }));
    const pattern = {
      name: "ValidationException",
      message:
        /at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: /,
    };
    for (const name of ["*", "my-function!", "f:$LATEST:extra", `${arn}:f:1:2`])
      await assert.rejects(get(name), pattern);
    await assert.rejects(get(`arn:aws:lambda:${contract.region}:function:f`), pattern);
    await assert.rejects(get("f", "q".repeat(129)), {
      name: "ValidationException",
      message:
        /at 'qualifier' failed to satisfy constraint: Member must have length less than or equal to 128/,
    });
    await assert.rejects(get(`${arn.replace(contract.region, "eu-west-1")}:f`), {
      name: "ResourceNotFoundException",
      message: `Functions from 'eu-west-1' are not reachable in this region ('${contract.region}')`,
    });
    await refused(
      { MemorySize: 10_241 },
      "ValidationException",
      /at 'memorySize'.*less than or equal to 10240/,
    );
    await refused({ Timeout: 901 }, "ValidationException", /at 'timeout'.*less than or equal to 900/);
    await refused({ Role: "nobody" }, "ValidationException", /at 'role'.*regular expression pattern: arn:/);
    await refused({ Architectures: ["X86_64" as "x86_64"] }, "ValidationException", /at 'architectures'/);
    await refused(
      { Runtime: "cobol85" as "java21" },
      "InvalidParameterValueException",
      /^Value cobol85 at 'runtime'/,
    );
    await refused(
      { Runtime: "python3.7" },
      "InvalidParameterValueException",
      /no longer supported for creating/,
    );
    await refused(
      { FunctionName: "x".repeat(65) },
      "InvalidParameterValueException",
      /less than or equal to 64$/,
    );
    await refused({ FunctionName: "x".repeat(141) }, "ValidationException", /less than or equal to 140/);
    await refused({ Environment: { Variables: { "1": "x" } } }, "ValidationException", /environment/);
    await refused({ Handler: "with space" }, "ValidationException", /at 'handler'/);
  });

  it("closes the functions of other accounts", async () => {
    const FunctionName = `arn:aws:lambda:${contract.region}:999999999999:function:f`;
    await refused({ FunctionName }, "AccessDeniedException", /^/);
    await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName })), (error: Error) => {
      assert.equal(error.name, "AccessDeniedException");
      assert.match(
        error.message,
        /is not authorized to perform: lambda:GetFunction on resource: .*:f because /,
      );
      return true;
    });
  });

  it("raises each error as its own class", async () => {
    const FunctionName = await create();
    await assert.rejects(
      lambda.send(new CreateFunctionCommand(input({ FunctionName }))),
      (error) =>
        error instanceof ResourceConflictException &&
        error.message === `Function already exist: ${FunctionName}` &&
        error.$metadata.httpStatusCode === 409,
    );
    await assert.rejects(
      lambda.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName,
          RevisionId: "00000000-0000-4000-8000-000000000000",
        }),
      ),
      (error) => error instanceof PreconditionFailedException && error.$metadata.httpStatusCode === 412,
    );
    await assert.rejects(
      lambda.send(new CreateFunctionCommand(input({ Code: { ZipFile: Buffer.from("no zip") } }))),
      (error) =>
        error instanceof InvalidParameterValueException &&
        error.message ===
          "Could not unzip uploaded file. Please check your file, then try to upload again." &&
        error.$metadata.httpStatusCode === 400,
    );
    const CodeSigningConfigArn = `arn:aws:lambda:${contract.region}:${contract.account}:code-signing-config:csc-0123456789abcdefg`;
    await assert.rejects(
      lambda.send(new CreateFunctionCommand(input({ CodeSigningConfigArn }))),
      (error) => error instanceof CodeSigningConfigNotFoundException,
    );
  });

  it("takes packages up to 50 MB and refuses larger ones", async () => {
    const noise = Buffer.alloc(52_000_000, 7);
    const large = zip([
      { name: "index.mjs", content: "1" },
      { name: "noise", content: noise, method: 0 },
    ]);
    const fits = Buffer.concat([large]);
    const FunctionName = await create({ Code: { ZipFile: fits } });
    await assert.rejects(
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: new Uint8Array(52_428_801) })),
      {
        name: "RequestEntityTooLargeException",
        message: "Zipped size must be smaller than 52428800 bytes",
      },
    );
    const { CodeSize } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.equal(CodeSize, fits.byteLength);
  });

  it("is listed in pages", async () => {
    const names = [await create(), await create(), await create()];
    const listed: string[] = [];
    for await (const { Functions = [] } of paginateListFunctions({ client: lambda, pageSize: 2 }, {})) {
      assert.ok(Functions.length <= 2);
      for (const item of Functions) {
        assert.equal(item.State, undefined);
        listed.push(item.FunctionName ?? "");
      }
    }
    for (const name of names) assert.equal(listed.filter((other) => other === name).length, 1);
    await assert.rejects(lambda.send(new ListFunctionsCommand({ FunctionVersion: "NONE" as "ALL" })), {
      name: "ValidationException",
      message: /Member must satisfy enum value set: \[ALL\]/,
    });
  });

  it("keeps versions that stay what they are", async () => {
    const name = await create({ Publish: true });
    const first = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: "1" }),
    );
    const second = await lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: NEW_CODE, Publish: true }),
    );
    assert.equal(second.Version, "2");
    assert.equal(second.FunctionArn, `${arn}:${name}:2`);
    await updated(name);
    const { $metadata: _, ...before } = first;
    const { $metadata: __, ...now } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: "1" }),
    );
    assert.deepEqual(now, before);
    assert.equal(now.LastUpdateStatus, "Successful");
  });

  it("is shared by statements in AWS's words", async () => {
    const FunctionName = await create();
    const add = (StatementId: string, changes: object = {}) =>
      lambda.send(
        new AddPermissionCommand({
          FunctionName,
          StatementId,
          Action: "lambda:InvokeFunction",
          Principal: "s3.amazonaws.com",
          ...changes,
        }),
      );
    const { Statement, $metadata } = await add("uploads", {
      SourceArn: "arn:aws:s3:::uploads",
      SourceAccount: contract.account,
    });
    assert.equal($metadata.httpStatusCode, 201);
    assert.equal(
      Statement,
      `{"Sid":"uploads","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"${arn}:${FunctionName}","Condition":{"StringEquals":{"AWS:SourceAccount":"${contract.account}"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::uploads"}}}`,
    );
    await assert.rejects(add("uploads"), ResourceConflictException);
    await assert.rejects(add("example.com"), {
      name: "ValidationException",
      message: /\(\[a-zA-Z0-9-_\]\+\)/,
    });
    await assert.rejects(add("latest", { Qualifier: "$LATEST" }), {
      message: "We currently do not support adding policies for $LATEST.",
    });
    const { Policy, RevisionId } = await lambda.send(new GetPolicyCommand({ FunctionName }));
    assert.equal(Policy, `{"Version":"2012-10-17","Id":"default","Statement":[${Statement}]}`);
    for (let index = 0; index < 25; index++) {
      const long = add(`long-${index}`, { SourceArn: `arn:aws:s3:::${"b".repeat(1_000)}` });
      if (index < 16) await long;
      else await assert.rejects(long, PolicyLengthExceededException);
    }
    const remove = (StatementId: string, revision?: string) =>
      lambda.send(new RemovePermissionCommand({ FunctionName, StatementId, RevisionId: revision }));
    await assert.rejects(remove("uploads", RevisionId), PreconditionFailedException);
    assert.equal((await remove("uploads")).$metadata.httpStatusCode, 204);
    for (let index = 0; index < 16; index++) await remove(`long-${index}`);
    await assert.rejects(lambda.send(new GetPolicyCommand({ FunctionName })), {
      name: "ResourceNotFoundException",
      message: "The resource you requested does not exist.",
    });
  });

  it("is published and tagged", async () => {
    const FunctionName = await create();
    const published = await lambda.send(new PublishVersionCommand({ FunctionName, Description: "one" }));
    assert.equal(published.$metadata.httpStatusCode, 201);
    assert.equal(published.State, "Active");
    await waitUntilPublishedVersionActive(
      { ...contract.waiting, client: lambda },
      { FunctionName, Qualifier: published.Version },
    );
    const { Versions = [] } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
    assert.deepEqual(
      Versions.map(({ Version }) => Version),
      ["$LATEST", "1"],
    );
    const Resource = `${arn}:${FunctionName}`;
    const tagged = await lambda.send(new TagResourceCommand({ Resource, Tags: { a: "1", b: "2" } }));
    assert.equal(tagged.$metadata.httpStatusCode, 204);
    await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ["a"] }));
    assert.deepEqual((await lambda.send(new ListTagsCommand({ Resource }))).Tags, { b: "2" });
    await assert.rejects(
      lambda.send(new TagResourceCommand({ Resource: "arn:aws:s3:::b", Tags: { a: "1" } })),
      {
        name: "ValidationException",
        message: /at 'resource'/,
      },
    );
  });

  it("can be made by many at once", async () => {
    const names = await Promise.all(Array.from({ length: 20 }, () => create()));
    assert.equal(new Set(names).size, 20);
    const FunctionName = names[0] ?? "";
    const attempts = await Promise.allSettled(
      Array.from({ length: 5 }, (_, n) =>
        lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: n + 1 })),
      ),
    );
    for (const attempt of attempts) {
      if (attempt.status === "rejected") assert.ok(attempt.reason instanceof ResourceConflictException);
    }
    await updated(FunctionName);
  });
});
