import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { loadModel } from "../../../src/wire/model/registry.ts";
import type { Member, OperationModel, Shape } from "../../../src/wire/model/table.ts";
import { Contract, type RawAnswer } from "../../../testkit/contract.ts";

/** Operations on what this server has none of: whatever they are asked, they are refused, in these words. */
const REFUSED: Readonly<Record<string, string>> = {
  GetFunctionScalingConfig:
    "Scaling configurations are only supported for functions with a capacity provider configuration.",
  PutFunctionScalingConfig:
    "Scaling configurations are only supported for functions with a capacity provider configuration.",
};

/** Values that pass every constraint of the members so named; what they name does not exist. */
function values(contract: Contract): Readonly<Record<string, unknown>> {
  const arn = (resource: string) => `arn:aws:lambda:${contract.region}:${contract.account}:${resource}`;
  const execution = arn(`function:absent:1/durable-execution/name/${randomUUID()}`);
  return {
    Action: "lambda:GetLayerVersion",
    AdditionalVersionWeights: {},
    Arn: arn("layer:absent:1"),
    AuthType: "NONE",
    CapacityProviderName: "absent",
    CheckpointToken: "AAAA",
    CodeSigningConfigArn: arn("code-signing-config:csc-0123456789abcdef0"),
    DurableExecutionArn: execution,
    FunctionName: "absent",
    FunctionVersion: "1",
    LayerName: "absent",
    Name: "absent",
    Policy: "{}",
    Principal: "*",
    ProvisionedConcurrentExecutions: "1",
    Qualifier: "1",
    RecursiveLoop: "Allow",
    ReservedConcurrentExecutions: "1",
    Resource: arn("function:absent"),
    ResourceArn: arn("function:absent"),
    StatementId: "absent",
    TagKeys: "absent",
    Tags: { key: "value" },
    UUID: randomUUID(),
    UpdateRuntimeOn: "Auto",
    VersionNumber: "1",
  };
}

let contract: Contract;

before(async () => {
  contract = await Contract.open({ isolation: "process" });
});

after(() => contract[Symbol.asyncDispose]());

/** Sends what the model requires, with `known` values. */
function send(operation: OperationModel, known: Readonly<Record<string, unknown>>): Promise<RawAnswer> {
  const [method, uri] = operation.traits.http ?? ["", "", 0];
  const query: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  let path = uri.split("?")[0] ?? "";
  for (const member of operation.input.members) {
    const value = known[member.name] ?? made(member.shape);
    if (member.traits.httpLabel) path = path.replace(`{${member.name}}`, encodeURIComponent(String(value)));
    else if (!member.required || member.traits.httpHeader !== undefined) continue;
    else if (member.traits.httpQuery !== undefined) query[member.traits.httpQuery] = String(value);
    else body[member.name] = inBody(member, value);
  }
  const given = method === "GET" || method === "DELETE" ? {} : { body: JSON.stringify(body) };
  return contract.raw({ method, path, query, ...given });
}

function inBody({ shape }: Member, value: unknown): unknown {
  return shape.kind === "number" ? Number(value) : value;
}

function made(shape: Shape): unknown {
  switch (shape.kind) {
    case "list":
      return [];
    case "map":
    case "structure":
      return {};
    case "number":
      return 1;
    case "boolean":
      return false;
    default:
      return "absent";
  }
}

test("every operation answers with a result or with an error of AWS's, whatever there is", async () => {
  const { operations, errors } = await loadModel("lambda");
  const common = new Set(["AccessDeniedException", "ValidationException", "SerializationException"]);
  const problems: string[] = [];
  const known = values(contract);
  for (const operation of operations.values()) {
    const { status, headers, body } = await send(operation, known);
    const type = headers["x-amzn-errortype"];
    const said = `${operation.name}: ${status} ${type ?? ""} ${body.slice(0, 200)}`;
    if (!/^[0-9a-f-]{36}$/.test(headers["x-amzn-requestid"] ?? "")) problems.push(`no request id: ${said}`);
    if (status >= 500 || (status < 400 && status >= 300)) problems.push(said);
    if (status >= 400) {
      if (type === undefined || !(errors.has(type) || common.has(type))) problems.push(said);
      const { Message, message = Message } = JSON.parse(body) as { Message?: string; message?: string };
      if (typeof message !== "string" || message === "") problems.push(`no message: ${said}`);
    }
  }
  assert.deepEqual(problems, []);
});

test("what is refused is refused for a function that is there, with a reason", async () => {
  const { operations } = await loadModel("lambda");
  const FunctionName = await contract.createFunction({ Publish: true });
  for (const [name, message] of Object.entries(REFUSED)) {
    const operation = operations.get(name);
    assert.ok(operation !== undefined, name);
    const answer = await send(operation, { ...values(contract), FunctionName });
    assert.equal(answer.status, 400, name);
    assert.equal(answer.headers["x-amzn-errortype"], "InvalidParameterValueException", name);
    assert.equal((JSON.parse(answer.body) as { message: string }).message, message);
  }
});
