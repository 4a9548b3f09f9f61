import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { setUpTests } from "../scripts/setup/tests.ts";
import { deploymentPackage } from "../testkit/deployment-package.ts";
import { lambkin, startLambkin } from "../testkit/lambkin-server.ts";
import type { Part, PartContext } from "./part.ts";

/** A function that answers with the version of what runs it, or with something that it alone can say. */
interface Hello {
  readonly handler: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly answers: RegExp;
}

interface Listed {
  readonly identifier: string;
  readonly match: "exact" | "closest" | "none";
  readonly version?: string;
  readonly detail: string;
}

const CUSTOM = `#!/bin/bash
api=$AWS_LAMBDA_RUNTIME_API
exchange() {
  exec 4<>"/dev/tcp/\${api%:*}/\${api#*:}"
  printf '%s' "$1" >&4
}
while true; do
  exchange "GET /2018-06-01/runtime/invocation/next HTTP/1.1"$'\\r\\n'"Host: $api"$'\\r\\n'"Connection: close"$'\\r\\n\\r\\n'
  while IFS=$'\\r' read -r line <&4 && [ -n "$line" ]; do
    case \${line,,} in lambda-runtime-aws-request-id:*) id=\${line#*: } ;; esac
  done
  body='"custom"'
  exchange "POST /2018-06-01/runtime/invocation/$id/response HTTP/1.1"$'\\r\\n'"Host: $api"$'\\r\\n'"Connection: close"$'\\r\\n'"Content-Length: \${#body}"$'\\r\\n\\r\\n'"$body"
  cat <&4 >/dev/null
done
`;

function helloOf(identifier: string): Hello | undefined {
  if (identifier.startsWith("nodejs")) {
    const files = { "index.js": "exports.handler = async () => process.versions.node" };
    return { handler: "index.handler", files, answers: /^"[\d.]+"$/ };
  }
  if (identifier.startsWith("python")) {
    const files = {
      "index.py": "import platform\ndef handler(event, context): return platform.python_version()\n",
    };
    return { handler: "index.handler", files, answers: /^"[\d.]+"$/ };
  }
  if (identifier.startsWith("ruby")) {
    return {
      handler: "index.handler",
      files: { "index.rb": "def handler(event:, context:) = RUBY_VERSION\n" },
      answers: /^"[\d.]+"$/,
    };
  }
  if (identifier.startsWith("java")) {
    const files = filesIn("LAMBKIN_TEST_JAVA_FUNCTIONS");
    return { handler: "example.Functions::text", files, answers: /^"HELLO"$/ };
  }
  if (identifier.startsWith("dotnet")) {
    const all = Object.entries(filesIn("LAMBKIN_TEST_DOTNET_FUNCTIONS"));
    const files = Object.fromEntries(all.filter(([name]) => name.startsWith("Plain.")));
    return { handler: "Plain::Plain.Functions::Echo", files, answers: /^"hello"$/ };
  }
  return identifier.startsWith("provided")
    ? { handler: "any", files: { bootstrap: CUSTOM }, answers: /^"custom"$/ }
    : undefined;
}

export const runtimes: Part = {
  name: "runtimes",
  what: "every runtime identifier of Lambda gets a function that is deployed and invoked, if something here serves it",
  minutes: 1,
  run: (context) => tryEveryRuntime(context),
};

/** With a server started with these arguments. */
export async function tryEveryRuntime(
  { say, table }: PartContext,
  args: readonly string[] = [],
): Promise<string> {
  const tests = await setUpTests();
  Object.assign(process.env, tests.environment);
  try {
    await using server = await startLambkin({ args });
    const installed = await installNodes(server.dataDirectory);
    say(installed);
    const lambda = new LambdaClient(server.client);
    const rows: (readonly string[])[] = [];
    for (const listed of await list(server.dataDirectory)) rows.push(await tryOne(lambda, listed));
    for (const row of rows) say(row.join("  "));
    table(
      ["identifier", "runs", "by", "answer"],
      rows.filter(([, match]) => match !== "none"),
    );
    const count = (how: string) => rows.filter(([, match]) => match === how).length;
    const summary = `${count("exact")} run exactly, ${count("closest")} by the closest version, ${count("none")} not`;
    return [summary, installed, ...whyNot(rows)].join("; ");
  } finally {
    tests.cleanUp();
  }
}

/** Of those that nothing here serves, by the reason. */
function whyNot(rows: readonly (readonly string[])[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const [identifier = "", match, reason = ""] of rows)
    if (match === "none") reasons.set(reason, [...(reasons.get(reason) ?? []), identifier]);
  return [...reasons].map(([reason, identifiers]) => `${reason}: ${identifiers.join(", ")}`);
}

/** As a user would: the lines of Node.js that the npm registry has. */
async function installNodes(dataDirectory: string): Promise<string> {
  const missing = (await list(dataDirectory)).filter(
    ({ identifier, match }) => /^nodejs(18|2\d)/.test(identifier) && match !== "exact",
  );
  const wanted = missing.map(({ identifier }) => identifier);
  if (wanted.length === 0) return "no Node.js had to be installed";
  const { code, stdout, stderr } = await lambkin("runtimes", "install", ...wanted, "--data", dataDirectory);
  if (code !== 0) throw new Error(`installing ${wanted.join(" ")} failed: ${stdout}${stderr}`);
  return `installed before: ${wanted.join(" ")}`;
}

async function list(dataDirectory: string): Promise<readonly Listed[]> {
  const { code, stdout, stderr } = await lambkin("runtimes", "--json", "--data", dataDirectory);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).runtimes;
}

async function tryOne(
  lambda: LambdaClient,
  { identifier, match, version = "", detail }: Listed,
): Promise<readonly string[]> {
  const hello = match === "none" ? undefined : helloOf(identifier);
  if (hello === undefined) return [identifier, match, detail.replaceAll("`", ""), ""];
  const name = identifier.replaceAll(/\W/g, "-");
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: identifier as "nodejs24.x",
      Handler: hello.handler,
      Timeout: 60,
      MemorySize: 512,
      Role: "arn:aws:iam::000000000000:role/any",
      Code: { ZipFile: await deploymentPackage(hello.files) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 1 }, { FunctionName: name });
  const { Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from('"hello"') }),
  );
  const answer = Buffer.from(Payload ?? []).toString();
  if (!hello.answers.test(answer)) throw new Error(`${identifier}: ${answer}`);
  return [identifier, match, version === "" ? detail : version, answer];
}

function filesIn(variable: string): Readonly<Record<string, Uint8Array>> {
  const directory = process.env[variable] ?? "";
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(path.join(directory, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(directory, name))]));
}
