import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { installDebianPackages } from "./debian.ts";
import { run } from "./run.ts";

/** Where its installer and Debian's package put version 2; what comes first in PATH may be version 1. */
const PLACES = ["/usr/local/bin/aws", "/usr/bin/aws"];

/**
 * Finds the AWS CLI 2, which is not on PyPI, installs Debian's package if there is none, and returns its program. The
 * place is remembered under `cache`, because asking a CLI for its version takes a second.
 */
export async function installAwsCli2(cache: string): Promise<string> {
  const memory = path.join(cache, "aws-cli-2");
  const remembered = existsSync(memory) ? readFileSync(memory, "utf8").trim() : "";
  if (remembered !== "" && existsSync(remembered)) return remembered;
  let found = await findVersion2();
  if (found === undefined) {
    await installDebianPackages(["awscli"], "the AWS CLI in version 2");
    found = await findVersion2();
  }
  if (found === undefined) {
    throw new Error(`the tests need the AWS CLI in version 2 as ${PLACES.join(" or ")}: install it`);
  }
  mkdirSync(cache, { recursive: true });
  writeFileSync(memory, `${found}\n`);
  return found;
}

async function findVersion2(): Promise<string | undefined> {
  for (const program of PLACES.filter((place) => existsSync(place))) {
    const version = await run(program, ["--version"]).catch(() => "");
    if (version.startsWith("aws-cli/2.")) return program;
  }
  return undefined;
}
