import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type CapacityProvider,
  CreateCapacityProviderCommand,
  type CreateCapacityProviderCommandInput,
  DeleteCapacityProviderCommand,
  GetCapacityProviderCommand,
  ListCapacityProvidersCommand,
  ListFunctionVersionsByCapacityProviderCommand,
  paginateListCapacityProviders,
  UpdateCapacityProviderCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { eventually } from "../../../testkit/eventually.ts";

const INVALID = "InvalidParameterValueException";

describe("capacity providers through the AWS SDK for JavaScript", () => {
  let contract: Contract;

  before(async () => {
    contract = await Contract.open();
  });
  after(() => contract[Symbol.asyncDispose]());

  const input = (
    changes: Partial<CreateCapacityProviderCommandInput> = {},
  ): CreateCapacityProviderCommandInput & { readonly CapacityProviderName: string } => ({
    VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] },
    PermissionsConfig: { CapacityProviderOperatorRoleArn: contract.roleArn },
    ...changes,
    CapacityProviderName: changes.CapacityProviderName ?? contract.name(),
  });
  const make = async (changes: Partial<CreateCapacityProviderCommandInput> = {}) => {
    const given = input(changes);
    const { CapacityProvider } = await contract.lambda.send(new CreateCapacityProviderCommand(given));
    return { name: given.CapacityProviderName, provider: CapacityProvider };
  };
  const get = (CapacityProviderName: string) =>
    contract.lambda.send(new GetCapacityProviderCommand({ CapacityProviderName }));
  const active = (name: string): Promise<CapacityProvider> =>
    eventually(
      async () => {
        const { CapacityProvider } = await get(name);
        return CapacityProvider?.State === "Active" ? CapacityProvider : undefined;
      },
      { what: "an active capacity provider" },
    );
  const remove = (CapacityProviderName: string) =>
    contract.lambda.send(new DeleteCapacityProviderCommand({ CapacityProviderName }));
  const refused = (changes: Partial<CreateCapacityProviderCommandInput>, name: string, message: RegExp) =>
    assert.rejects(make(changes), { name, message });

  it("are created with defaults, found by name and ARN, changed and deleted", async () => {
    const given = input({ Tags: { team: "blue" } });
    const created = await contract.lambda.send(new CreateCapacityProviderCommand(given));
    assert.equal(created.$metadata.httpStatusCode, 202);
    const arn = `arn:aws:lambda:${contract.region}:${contract.account}:capacity-provider:${given.CapacityProviderName}`;
    const { LastModified, ...rest } = created.CapacityProvider ?? ({} as CapacityProvider);
    assert.match(LastModified ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.deepEqual(rest, {
      CapacityProviderArn: arn,
      State: "Pending",
      VpcConfig: given.VpcConfig,
      PermissionsConfig: given.PermissionsConfig,
      InstanceRequirements: { Architectures: ["x86_64"] },
      CapacityProviderScalingConfig: { MaxVCpuCount: 400, ScalingMode: "Auto", ScalingPolicies: [] },
    });
    const found = await active(given.CapacityProviderName);
    assert.deepEqual((await get(arn)).CapacityProvider, found);
    await assert.rejects(contract.lambda.send(new CreateCapacityProviderCommand(given)), {
      name: "ResourceConflictException",
      message: `Capacity provider already exist: ${given.CapacityProviderName}`,
    });

    const policy = {
      PredefinedMetricType: "LambdaCapacityProviderAverageCPUUtilization" as const,
      TargetValue: 60,
    };
    const updated = await contract.lambda.send(
      new UpdateCapacityProviderCommand({
        CapacityProviderName: given.CapacityProviderName,
        CapacityProviderScalingConfig: {
          MaxVCpuCount: 16,
          ScalingMode: "Manual",
          ScalingPolicies: [policy],
        },
      }),
    );
    assert.equal(updated.$metadata.httpStatusCode, 202);
    assert.deepEqual(updated.CapacityProvider?.CapacityProviderScalingConfig, {
      MaxVCpuCount: 16,
      ScalingMode: "Manual",
      ScalingPolicies: [policy],
    });
    const versions = await contract.lambda.send(
      new ListFunctionVersionsByCapacityProviderCommand({ CapacityProviderName: arn }),
    );
    assert.deepEqual([versions.CapacityProviderArn, versions.FunctionVersions], [arn, []]);

    const deleted = await remove(given.CapacityProviderName);
    assert.equal(deleted.$metadata.httpStatusCode, 202);
    assert.equal(deleted.CapacityProvider?.State, "Deleting");
    const missing = { name: "ResourceNotFoundException", message: `Capacity provider not found: ${arn}` };
    await eventually(() => assert.rejects(get(arn), missing).then(() => true), { what: "it to be gone" });
    await assert.rejects(remove(given.CapacityProviderName), missing);
    await assert.rejects(
      contract.lambda.send(new UpdateCapacityProviderCommand({ CapacityProviderName: arn })),
      missing,
    );
    await assert.rejects(
      contract.lambda.send(new ListFunctionVersionsByCapacityProviderCommand({ CapacityProviderName: arn })),
      missing,
    );
  });

  it("refuse what contradicts itself and hold limits from both sides", async () => {
    await refused(
      { InstanceRequirements: { AllowedInstanceTypes: ["m7i.*"], ExcludedInstanceTypes: ["t3.*"] } },
      INVALID,
      /can't be used together/,
    );
    await refused({ CapacityProviderScalingConfig: { ScalingMode: "Manual" } }, INVALID, /ScalingPolicies/);
    await refused({ Tags: { "aws:x": "y" } }, INVALID, /aws: prefixed/);
    for (const [good, bad] of [
      [2, 1],
      [15_000, 15_001],
    ] as const) {
      const { name, provider } = await make({ CapacityProviderScalingConfig: { MaxVCpuCount: good } });
      assert.equal(provider?.CapacityProviderScalingConfig?.MaxVCpuCount, good);
      await active(name);
      await remove(name);
      await refused(
        { CapacityProviderScalingConfig: { MaxVCpuCount: bad } },
        "ValidationException",
        /maxVCpuCount/,
      );
    }
    await refused({ CapacityProviderName: "a b" }, "ValidationException", /capacityProviderName/);
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `subnet-${index}`);
    const { name } = await make({ VpcConfig: { SubnetIds: ids(16), SecurityGroupIds: [] } });
    await remove(name);
    await refused(
      { VpcConfig: { SubnetIds: ids(17), SecurityGroupIds: [] } },
      "ValidationException",
      /subnetIds/,
    );
  });

  it("are listed by name and state, in pages", async () => {
    const names: string[] = [];
    for (let index = 0; index < 3; index++) names.push((await make()).name);
    for (const name of names) await active(name);
    const listed: string[] = [];
    for await (const { CapacityProviders = [] } of paginateListCapacityProviders(
      { client: contract.lambda, pageSize: 2 },
      { State: "Active" },
    )) {
      assert.ok(CapacityProviders.length <= 2);
      listed.push(
        ...CapacityProviders.map(({ CapacityProviderArn }) => CapacityProviderArn?.split(":").at(-1) ?? ""),
      );
    }
    assert.deepEqual(
      listed.filter((name) => names.includes(name)),
      names,
    );
    const failed = await contract.lambda.send(new ListCapacityProvidersCommand({ State: "Failed" }));
    assert.deepEqual(failed.CapacityProviders, []);
    await assert.rejects(contract.lambda.send(new ListCapacityProvidersCommand({ MaxItems: 51 })), {
      name: "ValidationException",
    });
    await assert.rejects(contract.lambda.send(new ListCapacityProvidersCommand({ Marker: "nonsense" })), {
      name: INVALID,
    });
    for (const name of names) await remove(name);
  });
});
