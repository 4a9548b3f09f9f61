import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { installDebianPackages, provide } from "./debian.ts";
import { run, works } from "./run.ts";

/** What the tests drive Lambkin with in Python, and the SDK of their durable functions, pinned so that a run can be repeated. */
const CLIENTS = ["awscli==1.46.3", "boto3==1.44.5", "aws-durable-execution-sdk-python==3.0.0"];

/** Makes a virtual environment with the AWS CLI and boto3 under `cache`, once, and returns its folder. */
export async function installAwsClients(cache: string): Promise<string> {
  const folder = path.join(cache, `aws-clients-${CLIENTS.join("-").replaceAll(/[^\w.-]+/g, "-")}`);
  const done = path.join(folder, "complete");
  if (existsSync(done)) return folder;
  await provide(["python3", "--version"], ["python3"], "runs the Python functions and the AWS CLI");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  if (!(await works("python3", "-m", "venv", folder))) {
    rmSync(folder, { recursive: true, force: true });
    await installDebianPackages(["python3-venv"], "holds the AWS CLI and boto3");
    await run("python3", ["-m", "venv", folder]);
  }
  process.stderr.write(`installing ${CLIENTS.join(" and ")} for the tests\n`);
  await run(path.join(folder, "bin", "pip"), [
    "install",
    "--quiet",
    "--disable-pip-version-check",
    ...CLIENTS,
  ]);
  writeFileSync(done, `${CLIENTS.join("\n")}\n`);
  return folder;
}
