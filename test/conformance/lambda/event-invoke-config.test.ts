import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateAliasCommand,
  DeleteFunctionEventInvokeConfigCommand,
  type FunctionEventInvokeConfig,
  GetFunctionEventInvokeConfigCommand,
  ListFunctionEventInvokeConfigsCommand,
  PutFunctionEventInvokeConfigCommand,
  type PutFunctionEventInvokeConfigCommandInput,
  paginateListFunctionEventInvokeConfigs,
  UpdateFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";

describe("settings of asynchronous invocations", () => {
  let contract: Contract;
  let name: string;
  let sink: string;

  before(async () => {
    contract = await Contract.open();
    name = await contract.createFunction({ Publish: true });
    sink = contract.functionArn(await contract.createFunction());
    await contract.lambda.send(
      new CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "1" }),
    );
  });
  after(() => contract[Symbol.asyncDispose]());

  type Settings = Omit<PutFunctionEventInvokeConfigCommandInput, "FunctionName"> & { FunctionName?: string };
  const put = (changes: Settings = {}) =>
    contract.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: name, ...changes }));
  const update = (changes: Settings = {}) =>
    contract.lambda.send(new UpdateFunctionEventInvokeConfigCommand({ FunctionName: name, ...changes }));
  const get = (Qualifier?: string, FunctionName = name) =>
    contract.lambda.send(
      new GetFunctionEventInvokeConfigCommand({ FunctionName, ...(Qualifier ? { Qualifier } : {}) }),
    );
  const remove = (Qualifier?: string, FunctionName = name) =>
    contract.lambda.send(
      new DeleteFunctionEventInvokeConfigCommand({ FunctionName, ...(Qualifier ? { Qualifier } : {}) }),
    );
  const plain = ({
    LastModified,
    $metadata,
    ...rest
  }: FunctionEventInvokeConfig & { $metadata?: unknown }) => {
    assert.ok(LastModified instanceof Date && Math.abs(Date.now() - LastModified.getTime()) < 60_000);
    assert.ok($metadata !== null);
    return rest;
  };
  const none = { OnSuccess: {}, OnFailure: {} };

  it("are put, merged, replaced, listed and deleted", async () => {
    const latest = contract.functionArn(`${name}:$LATEST`);
    assert.deepEqual(plain(await put({ MaximumRetryAttempts: 1 })), {
      FunctionArn: latest,
      DestinationConfig: none,
      MaximumRetryAttempts: 1,
    });
    const merged = {
      FunctionArn: latest,
      DestinationConfig: { OnSuccess: { Destination: sink }, OnFailure: {} },
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 60,
    };
    await update({ DestinationConfig: { OnSuccess: { Destination: sink } } });
    assert.deepEqual(plain(await update({ MaximumEventAgeInSeconds: 60 })), merged);
    assert.deepEqual(plain(await get()), merged);
    assert.deepEqual(plain(await get("$LATEST")), merged);
    assert.deepEqual(plain(await put({ MaximumRetryAttempts: 0, Qualifier: "$LATEST" })), {
      FunctionArn: latest,
      DestinationConfig: none,
      MaximumRetryAttempts: 0,
    });
    await put({ Qualifier: "live", MaximumEventAgeInSeconds: 21_600 });
    await put({ Qualifier: "1", DestinationConfig: { OnFailure: { Destination: sink } } });
    const listed: (string | undefined)[] = [];
    for await (const page of paginateListFunctionEventInvokeConfigs(
      { client: contract.lambda, pageSize: 2 },
      { FunctionName: name },
    )) {
      listed.push(...(page.FunctionEventInvokeConfigs ?? []).map(({ FunctionArn }) => FunctionArn));
    }
    assert.deepEqual(
      listed,
      ["$LATEST", "1", "live"].map((qualifier) => contract.functionArn(`${name}:${qualifier}`)),
    );
    for (const qualifier of [undefined, "1", "live"]) {
      assert.equal((await remove(qualifier)).$metadata.httpStatusCode, 204);
    }
    for (const [attempt, arn] of [
      [() => get(), latest],
      [() => remove("live"), contract.functionArn(`${name}:live`)],
      [() => update({ MaximumRetryAttempts: 1 }), latest],
      [() => get(undefined, `${name}-none`), contract.functionArn(`${name}-none:$LATEST`)],
      [() => remove("1", `${name}-none`), contract.functionArn(`${name}-none:1`)],
    ] as const) {
      await assert.rejects(attempt(), {
        name: "ResourceNotFoundException",
        message: `The function ${arn} doesn't have an EventInvokeConfig`,
      });
    }
  });

  it("are of functions, versions and aliases that exist", async () => {
    for (const attempt of [
      () => put({ FunctionName: `${name}-none`, MaximumRetryAttempts: 1 }),
      () => put({ Qualifier: "nobody", MaximumRetryAttempts: 1 }),
      () => update({ Qualifier: "77", MaximumRetryAttempts: 1 }),
      () => contract.lambda.send(new ListFunctionEventInvokeConfigsCommand({ FunctionName: `${name}-none` })),
    ]) {
      await assert.rejects(attempt(), {
        name: "ResourceNotFoundException",
        message: "The function doesn't exist.",
      });
    }
  });

  it("have limits", async () => {
    await assert.rejects(put(), {
      name: "InvalidParameterValueException",
      message: "You must specify at least one of error handling or destination setting.",
    });
    for (const [settings, message] of [
      [{ MaximumRetryAttempts: 3 }, /'3' at 'maximumRetryAttempts' .* less than or equal to 2$/],
      [{ MaximumRetryAttempts: -1 }, /'-1' at 'maximumRetryAttempts' .* greater than or equal to 0$/],
      [
        { MaximumEventAgeInSeconds: 59 },
        /'59' at 'maximumEventAgeInSeconds' .* greater than or equal to 60$/,
      ],
      [
        { MaximumEventAgeInSeconds: 21_601 },
        /'21601' at 'maximumEventAgeInSeconds' .* less than or equal to 21600$/,
      ],
    ] as const) {
      await assert.rejects(put(settings), { name: "ValidationException", message });
    }
    await put({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 });
    await put({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 21_600 });
    await remove();
  });

  it("have destinations that take records", async () => {
    const success = (Destination: string) => ({ DestinationConfig: { OnSuccess: { Destination } } });
    const failure = (Destination: string) => ({ DestinationConfig: { OnFailure: { Destination } } });
    const region = contract.region;
    const parameter = "InvalidParameterValueException";
    const dynamo = `arn:aws:dynamodb:${region}:${contract.account}:table/t`;
    for (const [settings, errorName, message] of [
      [success(`${sink}-none`), parameter, `The destination ARN ${sink}-none is invalid.`],
      [
        failure(contract.functionArn(name)),
        parameter,
        "You can't specify the function as a destination for itself.",
      ],
      [
        success(dynamo),
        parameter,
        `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${dynamo}), onFailure=null) is invalid.`,
      ],
      [
        failure(dynamo),
        parameter,
        `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${dynamo})) is invalid.`,
      ],
      [
        success("arn:aws:s3:::bucket"),
        parameter,
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket), onFailure=null) is invalid.",
      ],
      [
        success("sink"),
        "ValidationException",
        /'sink' at 'destinationConfig\.onSuccess\.destination' failed/,
      ],
    ] as const) {
      await assert.rejects(put(settings), { name: errorName, message });
    }
    for (const arn of [
      `arn:aws:sqs:${region}:${contract.account}:queue`,
      `arn:aws:sns:${region}:${contract.account}:topic`,
      `arn:aws:events:${region}:${contract.account}:event-bus/default`,
    ]) {
      await put({
        DestinationConfig: { OnSuccess: { Destination: arn }, OnFailure: { Destination: arn } },
      });
    }
    await put(failure("arn:aws:s3:::bucket"));
    const cleared = await update(failure(""));
    assert.deepEqual(cleared.DestinationConfig, none);
    await remove();
  });
});
