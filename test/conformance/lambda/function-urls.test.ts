import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  type CreateFunctionUrlConfigCommandInput,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  ListFunctionUrlConfigsCommand,
  paginateListFunctionUrlConfigs,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+0000)$/;

describe("function URLs of Lambda", () => {
  let contract: Contract;

  before(async () => {
    contract = await Contract.open();
  });
  after(() => contract[Symbol.asyncDispose]());

  /** Has version 1 and the aliases `live` and `next`. */
  const published = async () => {
    const FunctionName = await contract.createFunction({ Publish: true });
    for (const Name of ["live", "next"]) {
      await contract.lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: "1" }));
    }
    return FunctionName;
  };
  const create = (
    FunctionName: string,
    changes: Partial<Omit<CreateFunctionUrlConfigCommandInput, "FunctionName">> = {},
  ) =>
    contract.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", ...changes }));
  const update = (
    FunctionName: string,
    changes: Partial<Omit<CreateFunctionUrlConfigCommandInput, "FunctionName">> = {},
  ) => contract.lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName, ...changes }));
  const get = (FunctionName: string, Qualifier?: string) =>
    contract.lambda.send(
      new GetFunctionUrlConfigCommand({ FunctionName, ...(Qualifier ? { Qualifier } : {}) }),
    );
  const remove = (FunctionName: string, Qualifier?: string) =>
    contract.lambda.send(
      new DeleteFunctionUrlConfigCommand({ FunctionName, ...(Qualifier ? { Qualifier } : {}) }),
    );

  it("are created, found, changed and deleted", async () => {
    const name = await published();
    const { $metadata, ...created } = await create(name);
    assert.equal($metadata.httpStatusCode, 201);
    assert.deepEqual(created, {
      FunctionUrl: created.FunctionUrl,
      FunctionArn: contract.functionArn(name),
      AuthType: "NONE",
      CreationTime: created.CreationTime,
    });
    assert.match(created.CreationTime ?? "", TIME);
    const { hostname } = new URL(created.FunctionUrl ?? "");
    assert.match(hostname, new RegExp(`^[0-9a-z]{32}\\.lambda-url\\.${contract.region}\\.`));
    const found = await get(name);
    assert.equal(found.InvokeMode, "BUFFERED");
    assert.equal(found.LastModifiedTime, found.CreationTime);
    assert.equal(found.FunctionUrl, created.FunctionUrl);

    const same = await update(name);
    assert.equal(same.InvokeMode, undefined);
    assert.match(same.LastModifiedTime ?? "", TIME);
    const Cors = {
      AllowCredentials: true,
      AllowHeaders: ["x-one", "x-two"],
      AllowMethods: ["GET", "POST"],
      AllowOrigins: ["https://example.com"],
      ExposeHeaders: ["x-three"],
      MaxAge: 86_400,
    };
    const changed = await update(name, { AuthType: "AWS_IAM", Cors, InvokeMode: "RESPONSE_STREAM" });
    assert.deepEqual(
      [changed.AuthType, changed.InvokeMode, changed.FunctionUrl],
      ["AWS_IAM", "RESPONSE_STREAM", created.FunctionUrl],
    );
    assert.deepEqual(changed.Cors, Cors);
    const kept = await update(name, { AuthType: "NONE" });
    assert.deepEqual([kept.Cors, kept.InvokeMode], [Cors, "RESPONSE_STREAM"]);
    assert.deepEqual((await update(name, { Cors: { AllowOrigins: ["*"] } })).Cors, { AllowOrigins: ["*"] });
    assert.equal((await update(name, { Cors: {} })).Cors, undefined);

    assert.equal((await remove(name)).$metadata.httpStatusCode, 204);
    for (const attempt of [() => get(name), () => remove(name), () => update(name)]) {
      await assert.rejects(attempt(), {
        name: "ResourceNotFoundException",
        message: "The resource you requested does not exist.",
      });
    }
    const again = await create(name, { InvokeMode: "BUFFERED" });
    assert.equal(again.InvokeMode, "BUFFERED");
    assert.notEqual(again.FunctionUrl, created.FunctionUrl);
  });

  it("are one for the function and one for each alias", async () => {
    const name = await published();
    for (const Qualifier of [undefined, "live", "next"]) await create(name, Qualifier ? { Qualifier } : {});
    await assert.rejects(create(name), {
      name: "ResourceConflictException",
      message: `Failed to create function url config for [functionArn = ${contract.functionArn(name)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    });
    await assert.rejects(create(name, { Qualifier: "live" }), { name: "ResourceConflictException" });
    const listed = [];
    for await (const page of paginateListFunctionUrlConfigs(
      { client: contract.lambda, pageSize: 2 },
      { FunctionName: name },
    )) {
      listed.push(...(page.FunctionUrlConfigs ?? []));
    }
    assert.deepEqual(
      listed.map(({ FunctionArn }) => FunctionArn),
      [name, `${name}:live`, `${name}:next`].map((qualified) => contract.functionArn(qualified)),
    );
    assert.equal(new Set(listed.map(({ FunctionUrl }) => FunctionUrl)).size, 3);
    for (const { InvokeMode } of listed) assert.equal(InvokeMode, "BUFFERED");
    await remove(name);
    assert.equal((await get(name, "live")).FunctionArn, contract.functionArn(`${name}:live`));
  });

  it("are of functions and aliases that exist", async () => {
    const name = await published();
    const none = `${name}-none`;
    for (const attempt of [
      () => create(none),
      () => create(name, { Qualifier: "nobody" }),
      () => update(none),
      () => contract.lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName: none })),
    ]) {
      await assert.rejects(attempt(), {
        name: "ResourceNotFoundException",
        message: "Function does not exist",
      });
    }
    for (const attempt of [() => get(none), () => remove(none), () => get(name, "nobody")]) {
      await assert.rejects(attempt(), {
        name: "ResourceNotFoundException",
        message: "The resource you requested does not exist.",
      });
    }
    for (const Qualifier of ["1", "$LATEST"]) {
      await assert.rejects(create(name, { Qualifier }), {
        name: "ValidationException",
        message: `1 validation error detected: Value '${Qualifier}' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)`,
      });
    }
  });

  it("have limits", async () => {
    const name = await published();
    const many = (count: number, text: string) => Array.from({ length: count }, (_, n) => `${text}${n}`);
    for (const [changes, message] of [
      [{ InvokeMode: "x" as "BUFFERED" }, /'x' at 'invokeMode' .* \[RESPONSE_STREAM, BUFFERED\]$/],
      [
        { AuthType: "x" as "NONE" },
        /'x' at 'authType' failed to satisfy constraint: Member must satisfy enum/,
      ],
      [{ Cors: { MaxAge: 86_401 } }, /'86401' at 'cors\.maxAge' .* less than or equal to 86400$/],
      [{ Cors: { MaxAge: -1 } }, /'-1' at 'cors\.maxAge' .* greater than or equal to 0$/],
      [{ Cors: { AllowMethods: many(7, "M") } }, /at 'cors\.allowMethods' .* less than or equal to 6$/],
      [{ Cors: { AllowMethods: ["OPTIONS"] } }, /at 'cors\.allowMethods' .* less than or equal to 6/],
      [
        { Cors: { AllowOrigins: many(101, "https://o") } },
        /at 'cors\.allowOrigins' .* less than or equal to 100$/,
      ],
      [{ Cors: { AllowHeaders: many(101, "h") } }, /at 'cors\.allowHeaders' .* less than or equal to 100$/],
      [{ Cors: { AllowOrigins: ["o".repeat(254)] } }, /at 'cors\.allowOrigins' .* less than or equal to 253/],
    ] as const) {
      await assert.rejects(create(name, changes as object), { name: "ValidationException", message });
    }
    await create(name, {
      Cors: {
        MaxAge: 0,
        AllowMethods: ["*", "GET", "PUT", "POST", "DELETE", "HEAD"],
        AllowOrigins: many(100, "https://o"),
        AllowHeaders: many(100, "h"),
        ExposeHeaders: many(100, "h"),
      },
    });
    assert.equal((await get(name)).Cors?.MaxAge, 0);
  });
});
