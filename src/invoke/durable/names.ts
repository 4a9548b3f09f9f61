import { functionArn } from "../../base/index.ts";
import type { Execution } from "./model.ts";

const ARN =
  /^arn:[\w-]+:lambda:([a-z0-9-]+):(\d{12}):function:([\w-]+):(\$LATEST(?:\.PUBLISHED)?|\d+)\/durable-execution\/([\w-]+)\/([\w-]+)$/;

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION/durable-execution/EXECUTION/ID` */
export function executionArn(
  execution: Pick<Execution, "account" | "region" | "functionName" | "version" | "name" | "id">,
): string {
  const { account, region, functionName, version, name, id } = execution;
  return `${functionArn(account, region, functionName, version)}/durable-execution/${name}/${id}`;
}

export interface ExecutionName {
  readonly account: string;
  readonly region: string;
  readonly id: string;
}

export function parseExecutionArn(arn: string): ExecutionName | undefined {
  const [, region, account, , , , id] = ARN.exec(arn) ?? [];
  return region === undefined || account === undefined || id === undefined
    ? undefined
    : { region, account, id };
}

/** What a function presents with its next checkpoint. Good for one invocation, and there for one checkpoint. */
export function checkpointToken({ id, invocation, token }: Execution): string {
  return Buffer.from(`${id}/${invocation?.id ?? ""}/${token}`).toString("base64");
}

export function callbackId({ id }: Execution, operationId: string): string {
  return Buffer.from(`${id}/${operationId}`).toString("base64");
}

export function parseCallbackId(
  callback: string,
): { readonly id: string; readonly operationId: string } | undefined {
  const [id = "", operationId = "", more] = Buffer.from(callback, "base64").toString().split("/");
  return id === "" || operationId === "" || more !== undefined ? undefined : { id, operationId };
}
