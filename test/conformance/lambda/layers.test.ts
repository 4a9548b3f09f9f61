import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import {
  AddLayerVersionPermissionCommand,
  type AddLayerVersionPermissionCommandInput,
  CreateFunctionCommand,
  DeleteLayerVersionCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  GetLayerVersionPolicyCommand,
  type LambdaClient,
  ListLayersCommand,
  ListLayerVersionsCommand,
  PreconditionFailedException,
  PublishLayerVersionCommand,
  type PublishLayerVersionCommandInput,
  paginateListLayers,
  paginateListLayerVersions,
  RemoveLayerVersionPermissionCommand,
  ResourceConflictException,
  type Runtime,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { CONTRACT_CODE, Contract } from "../../../testkit/contract.ts";
import { zip, zipOf } from "../../../testkit/zip-writer.ts";

describe("Layers", () => {
  let contract: Contract;
  let lambda: LambdaClient;

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
  });
  after(() => contract[Symbol.asyncDispose]());

  const layerArn = (LayerName: string) =>
    `arn:aws:lambda:${contract.region}:${contract.account}:layer:${LayerName}`;
  const remove = (LayerName: string, VersionNumber: number) =>
    lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber }));
  const publish = async (changes: Partial<PublishLayerVersionCommandInput> = {}) => {
    const LayerName = changes.LayerName ?? contract.name();
    const made = await lambda.send(
      new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: CONTRACT_CODE }, ...changes }),
    );
    contract.cleanUp(() => remove(LayerName, made.Version ?? 0));
    return { LayerName, VersionNumber: made.Version ?? 0, arn: made.LayerVersionArn ?? "", made };
  };

  it("are published with all members, and found by name, by ARN of the layer and of the version", async () => {
    const given = {
      Description: "tools",
      CompatibleRuntimes: ["nodejs22.x", "python3.7", "java8", "go1.x", "provided"] as Runtime[],
      CompatibleArchitectures: ["x86_64", "arm64"] as ("x86_64" | "arm64")[],
      LicenseInfo: "MIT",
    };
    const { LayerName, VersionNumber, arn, made } = await publish(given);
    assert.equal(made.$metadata.httpStatusCode, 201);
    assert.equal(VersionNumber, 1);
    assert.equal(arn, `${layerArn(LayerName)}:1`);
    const { CreatedDate, Content, $metadata: _, ...rest } = made;
    assert.match(CreatedDate ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.deepEqual(rest, {
      ...given,
      LayerArn: layerArn(LayerName),
      LayerVersionArn: arn,
      Version: 1,
    });
    assert.equal(Content?.CodeSize, CONTRACT_CODE.byteLength);
    assert.equal(Content.CodeSha256, createHash("sha256").update(CONTRACT_CODE).digest("base64"));
    for (const answer of [
      await lambda.send(new GetLayerVersionCommand({ LayerName, VersionNumber })),
      await lambda.send(new GetLayerVersionCommand({ LayerName: layerArn(LayerName), VersionNumber })),
      await lambda.send(new GetLayerVersionByArnCommand({ Arn: arn })),
    ]) {
      const { Content: content, $metadata: __, ...found } = answer;
      assert.deepEqual(found, { ...rest, CreatedDate });
      const fetched = await fetch(content?.Location ?? "");
      assert.deepEqual(Buffer.from(await fetched.arrayBuffer()), CONTRACT_CODE);
    }
  });

  it("leave out what was not given, and keep lists that were given empty", async () => {
    const { made } = await publish();
    assert.equal(made.Description, "");
    assert.equal("CompatibleRuntimes" in made, false);
    assert.equal("CompatibleArchitectures" in made, false);
    assert.equal("LicenseInfo" in made, false);
    const { made: empty } = await publish({ CompatibleRuntimes: [], CompatibleArchitectures: [] });
    assert.deepEqual([empty.CompatibleRuntimes, empty.CompatibleArchitectures], [[], []]);
  });

  it("come from S3 too", async () => {
    const s3 = contract.s3();
    const Bucket = contract.name();
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "layer.zip", Body: CONTRACT_CODE }));
    const { made } = await publish({ Content: { S3Bucket: Bucket, S3Key: "layer.zip" } });
    assert.equal(made.Content?.CodeSize, CONTRACT_CODE.byteLength);
    await assert.rejects(publish({ Content: { S3Bucket: Bucket, S3Key: "missing.zip" } }), {
      name: "InvalidParameterValueException",
      message:
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    });
  });

  it("never give a number twice, and can be deleted again and again", async () => {
    const { LayerName } = await publish();
    assert.equal((await publish({ LayerName })).VersionNumber, 2);
    for (const number of [1, 2, 2, 99])
      assert.equal((await remove(LayerName, number)).$metadata.httpStatusCode, 204);
    assert.equal((await remove(contract.name(), 1)).$metadata.httpStatusCode, 204);
    assert.equal((await publish({ LayerName })).VersionNumber, 3);
    // The same content again is another version all the same.
    assert.equal((await publish({ LayerName })).VersionNumber, 4);
    const parallel = await Promise.all([1, 2, 3, 4].map(() => publish({ LayerName })));
    assert.deepEqual(
      parallel.map(({ VersionNumber }) => VersionNumber).sort((a, b) => a - b),
      [5, 6, 7, 8],
    );
  });

  it("are listed: versions newest first, layers by name with the newest that matches", async () => {
    const prefix = contract.name();
    const a = { LayerName: `${prefix}-a` };
    const b = { LayerName: `${prefix}-b` };
    await publish({ ...a, CompatibleRuntimes: ["python3.12"], CompatibleArchitectures: ["arm64"] });
    await publish({ ...a, CompatibleRuntimes: ["nodejs22.x"] });
    await publish({ ...a });
    await publish({ ...b, CompatibleRuntimes: ["python3.12"] });
    const versions: (number | undefined)[] = [];
    for await (const { LayerVersions = [] } of paginateListLayerVersions(
      { client: lambda, pageSize: 2 },
      a,
    )) {
      assert.ok(LayerVersions.length <= 2);
      for (const item of LayerVersions) {
        assert.equal("Content" in item, false);
        versions.push(item.Version);
      }
    }
    assert.deepEqual(versions, [3, 2, 1]);
    const filtered = await lambda.send(
      new ListLayerVersionsCommand({
        ...a,
        CompatibleRuntime: "python3.12",
        CompatibleArchitecture: "arm64",
      }),
    );
    assert.deepEqual(
      filtered.LayerVersions?.map(({ Version }) => Version),
      [1],
    );
    const unknown = await lambda.send(new ListLayerVersionsCommand({ LayerName: contract.name() }));
    assert.deepEqual(unknown.LayerVersions, []);

    const layers = async (filter: { CompatibleRuntime?: Runtime; CompatibleArchitecture?: "arm64" }) => {
      const found: [string | undefined, number | undefined][] = [];
      for await (const { Layers = [] } of paginateListLayers({ client: lambda, pageSize: 1 }, filter)) {
        for (const { LayerName, LayerArn, LatestMatchingVersion } of Layers) {
          if (!LayerName?.startsWith(prefix)) continue;
          assert.equal(LayerArn, layerArn(LayerName));
          found.push([LayerName.at(-1), LatestMatchingVersion?.Version]);
        }
      }
      return found;
    };
    assert.deepEqual(await layers({}), [
      ["a", 3],
      ["b", 1],
    ]);
    assert.deepEqual(await layers({ CompatibleRuntime: "python3.12" }), [
      ["a", 1],
      ["b", 1],
    ]);
    assert.deepEqual(await layers({ CompatibleArchitecture: "arm64" }), [["a", 1]]);
    for (const bad of [
      { CompatibleRuntime: "cobol85" as Runtime },
      { CompatibleArchitecture: "mips" as "arm64" },
      { MaxItems: 51 },
      { MaxItems: 0 },
    ]) {
      await assert.rejects(lambda.send(new ListLayersCommand(bad)), { name: "ValidationException" });
    }
  });

  it("answer bad input in the service's words", async () => {
    const { LayerName, VersionNumber } = await publish();
    const get = (version: number) =>
      lambda.send(new GetLayerVersionCommand({ LayerName, VersionNumber: version }));
    const belowOne = {
      name: "InvalidParameterValueException",
      message: "Layer Version Cannot be less than 1",
    };
    for (const version of [0, -1]) {
      await assert.rejects(get(version), belowOne);
      await assert.rejects(remove(LayerName, version), belowOne);
    }
    const missing = {
      name: "ResourceNotFoundException",
      message: "The resource you requested does not exist.",
    };
    await assert.rejects(get(VersionNumber + 1), missing);
    await assert.rejects(
      lambda.send(new GetLayerVersionCommand({ LayerName: contract.name(), VersionNumber: 1 })),
      missing,
    );
    await assert.rejects(
      lambda.send(new GetLayerVersionByArnCommand({ Arn: `${layerArn(contract.name())}:1` })),
      missing,
    );
    await assert.rejects(lambda.send(new GetLayerVersionByArnCommand({ Arn: layerArn(LayerName) })), {
      name: "ValidationException",
      message: /at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern/,
    });
    await assert.rejects(
      publish({
        CompatibleRuntimes: ["invalidruntime", "nodejs20.x"] as Runtime[],
        CompatibleArchitectures: ["invalidarch"] as unknown as ["x86_64"],
      }),
      (error: Error) => {
        assert.equal(error.name, "ValidationException");
        assert.match(error.message, /^2 validation errors detected: /);
        assert.match(error.message, /Value '\[invalidruntime, nodejs20.x\]' at 'compatibleRuntimes'/);
        assert.match(error.message, /Value '\[invalidarch\]' at 'compatibleArchitectures'/);
        return true;
      },
    );
    for (const [changes, member] of [
      [{ CompatibleRuntimes: Array(16).fill("nodejs22.x") }, "compatibleRuntimes"],
      [{ Description: "x".repeat(257) }, "description"],
      [{ LicenseInfo: "x".repeat(513) }, "licenseInfo"],
      [{ LayerName: "with space" }, "layerName"],
      [{ LayerName: "x".repeat(141) }, "layerName"],
    ] as const) {
      await assert.rejects(publish(changes), {
        name: "ValidationException",
        message: new RegExp(`at '${member}'`),
      });
    }
    await publish({ Description: "x".repeat(256), LicenseInfo: "x".repeat(512) });
    await assert.rejects(publish({ LayerName: "x".repeat(65) }), { message: /at 'layerName'.*equal to 64$/ });
    await publish({ LayerName: `${contract.name()}-`.padEnd(64, "x") });
    for (const [ZipFile, message] of [
      [Buffer.from("no zip"), /^Could not unzip uploaded file/],
      [new Uint8Array(0), /non-empty zip/],
      [zip([]), /non-empty zip|Could not unzip/],
      [zipOf({ "../escape": "x" }), /^Could not unzip uploaded file/],
    ] as const) {
      await assert.rejects(publish({ Content: { ZipFile } }), {
        name: "InvalidParameterValueException",
        message,
      });
    }
    await assert.rejects(publish({ Content: {} }), { name: "InvalidParameterValueException" });
    const elsewhere = `arn:aws:lambda:${contract.region}:999999999999:layer:theirs`;
    for (const attempt of [() => publish({ LayerName: elsewhere }), () => remove(elsewhere, 1)])
      await assert.rejects(attempt, { name: "AccessDeniedException" });
  });

  it("have policies in AWS's words", async () => {
    const { LayerName, VersionNumber, arn } = await publish();
    const version = { LayerName, VersionNumber };
    const add = (changes: Partial<AddLayerVersionPermissionCommandInput>) =>
      lambda.send(
        new AddLayerVersionPermissionCommand({
          ...version,
          StatementId: "s1",
          Action: "lambda:GetLayerVersion",
          Principal: "*",
          ...changes,
        }),
      );
    const policy = () => lambda.send(new GetLayerVersionPolicyCommand(version));
    const none = {
      name: "ResourceNotFoundException",
      message: "No policy is associated with the given resource.",
    };
    await assert.rejects(policy(), none);
    const first = await add({});
    assert.equal(first.$metadata.httpStatusCode, 201);
    const one = `{"Sid":"s1","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion","Resource":"${arn}"}`;
    assert.equal(first.Statement, one);
    const second = await add({ StatementId: "s2", Principal: "111122223333", RevisionId: first.RevisionId });
    const two = `{"Sid":"s2","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"lambda:GetLayerVersion","Resource":"${arn}"}`;
    assert.equal(second.Statement, two);
    assert.notEqual(second.RevisionId, first.RevisionId);
    const third = await add({ StatementId: "s3", OrganizationId: "o-1234567890" });
    const three = `{"Sid":"s3","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion","Resource":"${arn}","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}}`;
    assert.equal(third.Statement, three);
    const { Policy, RevisionId } = await policy();
    assert.equal(Policy, `{"Version":"2012-10-17","Id":"default","Statement":[${one},${two},${three}]}`);
    assert.equal(RevisionId, third.RevisionId);

    await assert.rejects(add({}), (error: Error) => {
      assert.ok(error instanceof ResourceConflictException);
      assert.equal(
        error.message,
        "The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.",
      );
      return true;
    });
    await assert.rejects(add({ StatementId: "s4", RevisionId: first.RevisionId }), (error: Error) => {
      assert.ok(error instanceof PreconditionFailedException);
      assert.match(error.message, /Call the GetLayerPolicy API to retrieve the latest Revision Id$/);
      return true;
    });
    for (const bad of [
      { Action: "lambda:PublishLayerVersion" },
      { Principal: "s3.amazonaws.com" },
      { StatementId: "a.b" },
      { OrganizationId: "o-1" },
    ]) {
      await assert.rejects(add({ StatementId: "s4", ...bad }), { name: "ValidationException" });
    }
    const gone = {
      name: "ResourceNotFoundException",
      message: `Layer version ${layerArn(LayerName)}:9 does not exist.`,
    };
    const nine = { LayerName, VersionNumber: 9 };
    await assert.rejects(add({ VersionNumber: 9 }), gone);
    await assert.rejects(lambda.send(new GetLayerVersionPolicyCommand(nine)), gone);
    const drop = (StatementId: string, more: { VersionNumber?: number; RevisionId?: string } = {}) =>
      lambda.send(new RemoveLayerVersionPermissionCommand({ ...version, StatementId, ...more }));
    await assert.rejects(drop("s1", { VersionNumber: 9 }), gone);
    await assert.rejects(drop("s9"), {
      name: "ResourceNotFoundException",
      message: "Statement s9 is not found in resource policy.",
    });
    await assert.rejects(drop("s1", { RevisionId: "stale" }), PreconditionFailedException);
    for (const sid of ["s1", "s2", "s3"]) assert.equal((await drop(sid)).$metadata.httpStatusCode, 204);
    await assert.rejects(policy(), none);
    await assert.rejects(drop("s1"), none);
  });

  it("are counted, compared and looked up before a function gets them", async () => {
    const made = [];
    for (let count = 0; count < 6; count++) made.push(await publish());
    const arns = made.map(({ arn }) => arn);
    const refused = (Layers: string[], message: string | RegExp, name = "InvalidParameterValueException") =>
      assert.rejects(lambda.send(new CreateFunctionCommand(contract.functionInput({ Layers }))), {
        name,
        message,
      });
    const FunctionName = await contract.createFunction({ Layers: arns.slice(0, 5) });
    const { Layers } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.deepEqual(
      Layers,
      arns.slice(0, 5).map((Arn) => ({ Arn, CodeSize: CONTRACT_CODE.byteLength })),
    );
    await refused(arns, "Cannot reference more than 5 layers.");
    const again = await publish({ LayerName: made[0]?.LayerName ?? "" });
    const same = (first: string, second: string) =>
      `Two different versions of the same layer are not allowed to be referenced in the same function. ${first} and ${second} are versions of the same layer.`;
    await refused([arns[0] ?? "", again.arn], same(arns[0] ?? "", again.arn));
    await refused([arns[0] ?? "", arns[0] ?? ""], same(arns[0] ?? "", arns[0] ?? ""));
    const absent = `${layerArn(contract.name())}:1`;
    await refused([absent], `Layer version ${absent} does not exist.`);
    await refused(
      [(arns[0] ?? "").replace(contract.region, "sa-east-1")],
      `Layers are not in the same region as the function. Layers are expected to be in region ${contract.region}.`,
    );
    await refused([layerArn(made[0]?.LayerName ?? "")], /at 'layers'/, "ValidationException");
    const foreign = `arn:aws:lambda:${contract.region}:999999999999:layer:theirs:1`;
    await refused(
      [foreign],
      new RegExp(
        `^User: .* is not authorized to perform: lambda:GetLayerVersion on resource: ${foreign} because no resource-based policy allows the lambda:GetLayerVersion action$`,
      ),
      "AccessDeniedException",
    );
  });

  it("may be up to 250 MB unpacked together with the function", async () => {
    const megabytes = (count: number) =>
      zip([{ name: `zeros-${count}`, content: Buffer.alloc(count * 1_000_000) }]);
    const { arn: large } = await publish({ Content: { ZipFile: megabytes(200) } });
    const { arn: more } = await publish({ Content: { ZipFile: megabytes(62) } });
    const code = { "index.mjs": "export const handler = async () => 1;" };
    const bytes = Buffer.byteLength(code["index.mjs"]);
    const input = contract.functionInput({ Code: { ZipFile: zipOf(code) }, Layers: [large, more] });
    const refusal = {
      name: "InvalidParameterValueException",
      message: `Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is ${262_000_000 + 200_000 + bytes} bytes.`,
    };
    const FunctionName = await contract.createFunction(input);
    const filled = zip([
      { name: "index.mjs", content: code["index.mjs"] },
      { name: "zeros", content: Buffer.alloc(200_000) },
    ]);
    await assert.rejects(
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: filled })),
      refusal,
    );
    await assert.rejects(
      lambda.send(
        new CreateFunctionCommand({ ...input, Code: { ZipFile: filled }, FunctionName: contract.name() }),
      ),
      refusal,
    );
  });
});
