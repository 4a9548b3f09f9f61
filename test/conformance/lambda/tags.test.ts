import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateCapacityProviderCommand,
  CreateCodeSigningConfigCommand,
  CreateEventSourceMappingCommand,
  DeleteCapacityProviderCommand,
  DeleteCodeSigningConfigCommand,
  DeleteEventSourceMappingCommand,
  GetFunctionCommand,
  ListTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";

describe("tags of Lambda's resources", () => {
  let contract: Contract;

  before(async () => {
    contract = await Contract.open();
  });
  after(() => contract[Symbol.asyncDispose]());

  const tag = (Resource: string, Tags: Record<string, string>) =>
    contract.lambda.send(new TagResourceCommand({ Resource, Tags }));
  const untag = (Resource: string, TagKeys: string[]) =>
    contract.lambda.send(new UntagResourceCommand({ Resource, TagKeys }));
  const tags = async (Resource: string) =>
    (await contract.lambda.send(new ListTagsCommand({ Resource }))).Tags;
  const arnOf = (resource: string) => `arn:aws:lambda:${contract.region}:${contract.account}:${resource}`;

  /** Makes one of each kind, with the tag `made: here`. */
  const makers: Readonly<Record<string, () => Promise<string>>> = {
    async function() {
      return contract.functionArn(await contract.createFunction({ Tags: { made: "here" } }));
    },
    async "event source mapping"() {
      const FunctionName = await contract.createFunction();
      const { UUID, EventSourceMappingArn } = await contract.lambda.send(
        new CreateEventSourceMappingCommand({
          FunctionName,
          EventSourceArn: `arn:aws:sqs:${contract.region}:${contract.account}:${contract.name()}`,
          Enabled: false,
          Tags: { made: "here" },
        }),
      );
      contract.cleanUp(() => contract.lambda.send(new DeleteEventSourceMappingCommand({ UUID })));
      return EventSourceMappingArn ?? "";
    },
    async "code signing configuration"() {
      const { CodeSigningConfig } = await contract.lambda.send(
        new CreateCodeSigningConfigCommand({
          AllowedPublishers: {
            SigningProfileVersionArns: [
              `arn:aws:signer:${contract.region}:${contract.account}:/signing-profiles/p/abcdefghij`,
            ],
          },
          Tags: { made: "here" },
        }),
      );
      const { CodeSigningConfigArn } = CodeSigningConfig ?? {};
      contract.cleanUp(() =>
        contract.lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn })),
      );
      return CodeSigningConfigArn ?? "";
    },
    async "capacity provider"() {
      const { CapacityProvider } = await contract.lambda.send(
        new CreateCapacityProviderCommand({
          CapacityProviderName: contract.name(),
          VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
          PermissionsConfig: { CapacityProviderOperatorRoleArn: contract.roleArn },
          Tags: { made: "here" },
        }),
      );
      const { CapacityProviderArn } = CapacityProvider ?? {};
      contract.cleanUp(() =>
        contract.lambda.send(
          new DeleteCapacityProviderCommand({ CapacityProviderName: CapacityProviderArn }),
        ),
      );
      return CapacityProviderArn ?? "";
    },
  };

  for (const [kind, make] of Object.entries(makers)) {
    it(`come and go: ${kind}`, async () => {
      const arn = await make();
      assert.deepEqual(await tags(arn), { made: "here" });
      const tagged = await tag(arn, { made: "there", team: "", "key with + = . _ : / @ -": "v" });
      assert.equal(tagged.$metadata.httpStatusCode, 204);
      assert.deepEqual(await tags(arn), { made: "there", team: "", "key with + = . _ : / @ -": "v" });
      const untagged = await untag(arn, ["team", "unknown", "key with + = . _ : / @ -"]);
      assert.equal(untagged.$metadata.httpStatusCode, 204);
      assert.deepEqual(await tags(arn), { made: "there" });
      const fifty = Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`k${n}`, `${n}`]));
      await tag(arn, fifty);
      await assert.rejects(tag(arn, { one: "more" }), {
        name: "InvalidParameterValueException",
        message: "Number of tags exceeds resource tag limit.",
      });
      await tag(arn, { k1: "other" });
      assert.equal(Object.keys((await tags(arn)) ?? {}).length, 50);
      await untag(arn, Object.keys(fifty));
      await assert.rejects(tag(arn, {}), {
        name: "InvalidParameterValueException",
        message: "An error occurred and the request cannot be processed.",
      });
      await assert.rejects(tag(arn, { "aws:mine": "x" }), { name: "InvalidParameterValueException" });
      await untag(arn, ["made"]);
      assert.deepEqual(await tags(arn), {});
    });
  }

  it("are of resources that exist", async () => {
    const uuid = "00000000-0000-4000-8000-000000000000";
    for (const [resource, message] of [
      [`function:${contract.name()}`, "Function not found: ARN"],
      [`event-source-mapping:${uuid}`, "Event source mapping not found: ARN"],
      [`capacity-provider:${contract.name()}`, "Capacity provider not found: ARN"],
      [
        `code-signing-config:csc-${"0".repeat(17)}`,
        "The Lambda code signing configuration ARN can not be found.",
      ],
    ] as const) {
      const arn = arnOf(resource);
      for (const attempt of [() => tags(arn), () => tag(arn, { a: "b" }), () => untag(arn, ["a"])]) {
        await assert.rejects(attempt(), {
          name: "ResourceNotFoundException",
          message: message.replace("ARN", arn),
        });
      }
    }
    for (const arn of ["nothing", arnOf("layer:l"), "arn:aws:s3:::bucket"]) {
      await assert.rejects(tags(arn), { name: "ValidationException", message: /at 'resource' failed/ });
    }
  });

  it("are of whole functions", async () => {
    const FunctionName = await contract.createFunction({ Publish: true, Tags: { a: "b" } });
    for (const qualifier of ["1", "$LATEST", "live"]) {
      await assert.rejects(tags(contract.functionArn(`${FunctionName}:${qualifier}`)), {
        name: "InvalidParameterValueException",
        message: "Tags on function aliases and versions are not supported. Please specify a function ARN.",
      });
    }
    const before = await contract.lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.deepEqual(before.Tags, { a: "b" });
    await tag(contract.functionArn(FunctionName), { c: "d" });
    const now = await contract.lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.notEqual(now.Configuration?.RevisionId, before.Configuration?.RevisionId);
    assert.deepEqual(now.Tags, { a: "b", c: "d" });
  });

  it("need keys to go", async () => {
    const answer = await contract.raw({
      method: "DELETE",
      path: `/2017-03-31/tags/${encodeURIComponent(contract.functionArn(await contract.createFunction()))}`,
    });
    assert.equal(answer.status, 400);
    assert.match(
      answer.body,
      /Value null at 'tagKeys' failed to satisfy constraint: Member must not be null/,
    );
  });
});
