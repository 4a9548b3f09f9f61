import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  AddPermissionCommand,
  DeleteResourcePolicyCommand,
  GetPolicyCommand,
  GetResourcePolicyCommand,
  InvalidParameterValueException,
  PolicyLengthExceededException,
  PreconditionFailedException,
  PutResourcePolicyCommand,
  RemovePermissionCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";

let contract: Contract;

before(async () => {
  contract = await Contract.open({ isolation: "process" });
});

after(() => contract[Symbol.asyncDispose]());

const policyOf = (arn: string, sid = "all", actions: string | string[] = "lambda:InvokeFunction") =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid: sid, Effect: "Allow", Principal: "*", Action: actions, Resource: arn }],
  });

const put = (ResourceArn: string, Policy: string, RevisionId?: string) =>
  contract.lambda.send(new PutResourcePolicyCommand({ ResourceArn, Policy, RevisionId }));
const get = (ResourceArn: string) => contract.lambda.send(new GetResourcePolicyCommand({ ResourceArn }));
const remove = (ResourceArn: string, RevisionId?: string) =>
  contract.lambda.send(new DeleteResourcePolicyCommand({ ResourceArn, RevisionId }));

test("a policy is put, read, replaced and deleted as a whole", async () => {
  const FunctionName = await contract.createFunction();
  const arn = contract.functionArn(FunctionName);
  await assert.rejects(get(arn), ResourceNotFoundException);
  const first = await put(arn, policyOf(arn));
  assert.deepEqual(JSON.parse(first.Policy ?? ""), JSON.parse(policyOf(arn)));
  assert.deepEqual([(await get(arn)).Policy, (await get(arn)).RevisionId], [first.Policy, first.RevisionId]);
  await assert.rejects(put(arn, policyOf(arn), "stale"), PreconditionFailedException);
  const second = await put(arn, policyOf(arn, "other"), first.RevisionId);
  assert.notEqual(second.RevisionId, first.RevisionId);
  await assert.rejects(remove(arn, first.RevisionId), PreconditionFailedException);
  assert.equal((await remove(arn, second.RevisionId)).$metadata.httpStatusCode, 204);
  await assert.rejects(get(arn), ResourceNotFoundException);
  await assert.rejects(remove(arn), ResourceNotFoundException);
});

test("statements are added to it and removed from it one by one", async () => {
  const FunctionName = await contract.createFunction();
  const arn = contract.functionArn(FunctionName);
  await put(arn, policyOf(arn, "whole", ["lambda:InvokeFunction", "lambda:GetFunction"]));
  await contract.lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: "added",
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
    }),
  );
  const sids = async () => {
    const { Policy } = await contract.lambda.send(new GetPolicyCommand({ FunctionName }));
    return (JSON.parse(Policy ?? "") as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid);
  };
  assert.deepEqual(await sids(), ["whole", "added"]);
  await contract.lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: "whole" }));
  assert.deepEqual(await sids(), ["added"]);
});

test("what is no policy, no function, no whole ARN or too long is refused", async () => {
  const FunctionName = await contract.createFunction();
  const arn = contract.functionArn(FunctionName);
  const cases: readonly [string, string, new (...args: any[]) => Error][] = [
    [arn, "{", InvalidParameterValueException],
    [arn, '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}', InvalidParameterValueException],
    [`${arn}-absent`, policyOf(arn), ResourceNotFoundException],
    [`${arn}:7`, policyOf(arn), ResourceNotFoundException],
    [`${arn}:$LATEST`, policyOf(arn), InvalidParameterValueException],
    [arn, policyOf(arn, "s".repeat(20_480)), PolicyLengthExceededException],
  ];
  for (const [resource, policy, error] of cases) {
    await assert.rejects(put(resource, policy), error, `${resource} ${policy.slice(0, 80)}`);
  }
  await assert.rejects(put(FunctionName, policyOf(arn)), { name: "ValidationException" });
  await assert.rejects(get(arn), ResourceNotFoundException);
});
