import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, FunctionsWorld, ROLE } from "../../testkit/functions-world.ts";

const MESSAGE = "The role defined for the function cannot be assumed by Lambda.";

const policy = (statement: unknown) => JSON.stringify({ Version: "2012-10-17", Statement: statement });
const trust = (changes: Record<string, unknown> = {}) =>
  policy([
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole", ...changes },
  ]);

const cases: readonly [string, string | undefined, boolean, boolean][] = [
  // What the role trusts, whether roles are required, whether the function can be made.
  ["trusts Lambda", trust(), true, true],
  [
    "trusts several services",
    trust({ Principal: { Service: ["ec2.amazonaws.com", "lambda.amazonaws.com"] } }),
    true,
    true,
  ],
  ["trusts everybody", trust({ Principal: "*" }), true, true],
  ["allows every action", trust({ Action: ["sts:*"] }), true, true],
  [
    "has a single statement",
    policy({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }),
    true,
    true,
  ],
  ["trusts another service", trust({ Principal: { Service: "ec2.amazonaws.com" } }), true, false],
  [
    "trusts another service, roles optional",
    trust({ Principal: { Service: "ec2.amazonaws.com" } }),
    false,
    false,
  ],
  ["allows another action", trust({ Action: "sts:TagSession" }), true, false],
  ["denies", trust({ Effect: "Deny" }), true, false],
  ["has no policy that can be read", "{", true, false],
  ["has null for a policy", "null", true, false],
  ["does not exist, roles required", undefined, true, false],
  ["does not exist, roles optional", undefined, false, true],
];

for (const [name, trustPolicy, requireRoles, possible] of cases) {
  test(`a role that ${name} is ${possible ? "good" : "refused"}`, async () => {
    const world = await FunctionsWorld.open({
      requireRoles,
      roles: {
        find: async (arn) =>
          arn === ROLE && trustPolicy !== undefined ? { roleId: "AROAEXAMPLE", trustPolicy } : undefined,
      },
    });
    if (possible) await world.create("f");
    else
      await assert.rejects(world.create("f"), { code: "InvalidParameterValueException", message: MESSAGE });
    await world.close();
  });
}

test("a role of another account cannot be passed where roles are required", async () => {
  const world = await FunctionsWorld.open({
    requireRoles: true,
    roles: { find: async () => ({ roleId: "AROAEXAMPLE", trustPolicy: trust() }) },
  });
  const foreign = ROLE.replace(ACCOUNT, "999999999999");
  await assert.rejects(world.create("f", { Role: foreign }), {
    code: "AccessDeniedException",
    message: "Cross-account pass role is not allowed.",
  });
  await world.create("f");
  await assert.rejects(world.call("UpdateFunctionConfiguration", { FunctionName: "f", Role: foreign }), {
    code: "AccessDeniedException",
  });
  await world.close();
});
