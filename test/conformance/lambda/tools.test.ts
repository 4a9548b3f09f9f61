import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { awsCli2Program, clientEnvironment, clientProgram } from "../../../testkit/aws-clients.ts";
import { Contract } from "../../../testkit/contract.ts";
import { effort } from "../../../testkit/effort.ts";
import { run } from "../../../testkit/lambkin-server.ts";
import { zipOf } from "../../../testkit/zip-writer.ts";

const CODE = zipOf({ "index.mjs": "export const handler = async (event) => ({ one: event });\n" });
const NEW_CODE = zipOf({ "index.mjs": "export const handler = async (event) => ({ two: event });\n" });

describe("Lambda through the AWS CLIs and boto3", { concurrency: true }, () => {
  let contract: Contract;
  let folder: string;

  before(async () => {
    contract = await Contract.open();
    folder = await mkdtemp(path.join(tmpdir(), "lambkin-lambda-tools-"));
    await writeFile(path.join(folder, "one.zip"), CODE);
    await writeFile(path.join(folder, "two.zip"), NEW_CODE);
  });
  after(async () => {
    await contract[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const environment = () => ({
    ...clientEnvironment(contract.endpoint),
    AWS_DEFAULT_REGION: contract.region,
  });

  /** What people type: deploy, call, change, publish, shift; a short one ends before the aliases. */
  async function usualScript(
    program: string,
    payload: readonly string[],
    length: "short" | "whole",
  ): Promise<void> {
    const name = contract.name();
    const lambda = async (command: string, ...args: string[]): Promise<any> => {
      const all = [
        "--endpoint-url",
        contract.endpoint,
        "lambda",
        ...command.split(" "),
        "--function-name",
        name,
        ...args,
      ];
      const { code, stdout, stderr } = await run(program, [...all, "--output", "json"], {
        env: environment(),
      });
      assert.equal(code, 0, `${program} ${all.join(" ")}: ${stderr}`);
      return stdout.trim() === "" ? undefined : JSON.parse(stdout);
    };
    const created = await lambda(
      "create-function",
      ...["--runtime", "nodejs22.x", "--handler", "index.handler", "--role", contract.roleArn],
      ...["--zip-file", `fileb://${folder}/one.zip`, "--timeout", "60", "--memory-size", "1769"],
    );
    assert.equal(created.State, "Pending");
    await lambda("wait function-active-v2");
    const out = path.join(folder, `${name}.json`);
    const invoke = (...args: string[]) => lambda("invoke", "--payload", ...payload, ...args, out);
    const first = await invoke("--log-type", "Tail");
    assert.deepEqual([first.StatusCode, first.ExecutedVersion], [200, "$LATEST"]);
    assert.match(Buffer.from(first.LogResult, "base64").toString(), /^START RequestId: /);
    assert.deepEqual(JSON.parse(await readFile(out, "utf8")), { one: { a: 1 } });

    if (length === "whole") await lambda("publish-version");
    await lambda("update-function-code", "--zip-file", `fileb://${folder}/two.zip`);
    await lambda("wait function-updated-v2");
    if (length === "short") {
      await lambda("delete-function");
      return;
    }
    const second = await lambda("publish-version", "--description", "second");
    assert.deepEqual([second.Version, second.Description], ["2", "second"]);
    await lambda("wait published-version-active", "--qualifier", "2");
    await lambda("create-alias", "--name", "live", "--function-version", "1");
    const moved = await lambda(
      "update-alias",
      ...["--name", "live", "--routing-config", "AdditionalVersionWeights={2=1}"],
    );
    assert.deepEqual(moved.RoutingConfig, { AdditionalVersionWeights: { "2": 1 } });
    assert.equal((await invoke("--qualifier", "live")).ExecutedVersion, "2");
    assert.deepEqual(JSON.parse(await readFile(out, "utf8")), { two: { a: 1 } });
    const { Versions } = await lambda("list-versions-by-function", "--page-size", "1");
    assert.deepEqual(
      Versions.map(({ Version }: { Version: string }) => Version),
      ["$LATEST", "1", "2"],
    );
    await lambda("delete-function");
  }

  // Version 2 speaks the rest; a start of version 1 takes a second of a core.
  it("serves the usual script of the AWS CLI 1", () =>
    usualScript(clientProgram("aws"), ['{"a":1}'], effort(1) > 1 ? "whole" : "short"));

  it("serves the usual script of the AWS CLI 2", () =>
    usualScript(awsCli2Program(), ['{"a":1}', "--cli-binary-format", "raw-in-base64-out"], "whole"));

  it("serves boto3: waiters, paginators and classes of errors", async () => {
    const { code, stdout, stderr } = await run(
      clientProgram("python"),
      [path.join(import.meta.dirname, "boto3_client.py"), contract.name(), contract.roleArn],
      { env: environment() },
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      versions: [["$LATEST", "1", "2", "3"], 2],
      list_aliases: [3, 2],
      list_function_event_invoke_configs: [3, 2],
      list_function_url_configs: [3, 2],
      list_provisioned_concurrency_configs: [3, 2],
      listed: true,
      invoked: ["2", 2],
      reserved: 5,
      errors: [
        ["ResourceNotFoundException", 404, true],
        ["ResourceConflictException", 409, true],
        ["ResourceConflictException", 409, true],
        ["PreconditionFailedException", 412, true],
        ["ProvisionedConcurrencyConfigNotFoundException", 404, true],
        ["InvalidParameterValueException", 400, true],
        ["ValidationException", 400, false],
      ],
      gone: ["ResourceNotFoundException", 404, true],
    });
  });
});
