import path from "node:path";
import { run } from "./lambkin-server.ts";

/** A program of the Python clients that the test set-up installs. */
export function clientProgram(name: "aws" | "python"): string {
  const folder = process.env["LAMBKIN_TEST_CLIENTS"];
  if (folder === undefined)
    throw new Error(
      "LAMBKIN_TEST_CLIENTS is not set: start the tests with `npm test`, which installs the AWS CLI and boto3",
    );
  return path.join(folder, "bin", name);
}

/** Version 2 of the AWS CLI, which the test set-up finds or installs. */
export function awsCli2Program(): string {
  const program = process.env["LAMBKIN_TEST_AWS_CLI_2"];
  if (program === undefined) {
    throw new Error(
      "LAMBKIN_TEST_AWS_CLI_2 is not set: start the tests with `npm test`, which installs the AWS CLI 2",
    );
  }
  return program;
}

/** An environment in which the unmodified clients know nothing but the endpoint and the credentials given. */
export function clientEnvironment(
  endpoint: string,
  more: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
    ...more,
  };
}

/** Runs the AWS CLI; rejects with its complaint unless it succeeds. */
export async function aws(endpoint: string, ...args: string[]): Promise<any> {
  const { code, stdout, stderr } = await run(clientProgram("aws"), [...args, "--output", "json"], {
    env: clientEnvironment(endpoint),
  });
  if (code !== 0) throw new Error(`aws ${args.join(" ")} exited with ${code}: ${stderr.trim()}`);
  return stdout.trim() === "" ? undefined : JSON.parse(stdout);
}
