/**
 * `npm run demo`: the main job from end to end on a server of its own. Files land in S3, functions run in sandboxes,
 * the results are in DynamoDB, every invocation is billed; all by the ordinary AWS SDK.
 * `--keep` leaves the server running.
 */
import { spawnSync } from "node:child_process";
import { Clients } from "./demo/clients.ts";
import { type Deployment, deploy, PIPELINES, type Pipeline } from "./demo/deployment.ts";
import { heading, line } from "./demo/print.ts";
import { type DemoServer, startDemoServer } from "./demo/server.ts";
import { Story } from "./demo/story.ts";

const keep = process.argv.includes("--keep");

/** The Lambda runtime that this machine's Python serves, for instance `python3.11`. */
function pythonRuntime(): string | undefined {
  const version = spawnSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], {
    encoding: "utf8",
  });
  return version.status === 0 ? `python${version.stdout.trim()}` : undefined;
}

async function main(): Promise<void> {
  const python = pythonRuntime();
  heading("Lambkin: a file lands in S3, a function runs, the result is in DynamoDB");
  if (python === undefined) line("note", "there is no python3 on this machine, so Node.js does it alone");
  const server = await startDemoServer(keep);
  try {
    line("server", `${server.endpoint}, isolation: ${server.isolation}, data in a temporary directory`);
    if (server.isolation === "process")
      line("note", "functions run without isolation here; `npx lambkin doctor` says why");
    const clients = new Clients(server.endpoint);
    const pipelines = PIPELINES.filter(({ language }) => language !== "python" || python !== undefined);
    const deployment = await deploy(clients, pipelines, python);
    await tell(server, clients, deployment, pipelines);
  } finally {
    if (!keep) await server.stop();
  }
  if (keep) goOn(server);
  else line("server", "stopped; nothing of it is left");
}

async function tell(
  server: DemoServer,
  clients: Clients,
  deployment: Deployment,
  pipelines: readonly Pipeline[],
): Promise<void> {
  const story = new Story(server, clients, deployment);
  for (const pipeline of pipelines) {
    await story.upload(pipeline, "cold");
    await story.upload(pipeline, "again");
    await story.items(pipeline);
  }
  await story.bill();
}

function goOn(server: DemoServer): void {
  heading("The server goes on running. Go on with the AWS CLI");
  const lines = [
    `eval "$(npx lambkin env --endpoint ${server.endpoint})"`,
    "aws lambda list-functions --query 'Functions[].[FunctionName,Runtime]' --output text",
    "aws s3 cp examples/file-pipeline/data/orders.csv s3://uploads/orders/mine.csv",
    "aws dynamodb scan --table-name orders --max-items 3",
    "aws logs filter-log-events --log-group-name /aws/lambda/csv-import --query 'events[].message' --output text",
    `npx lambkin usage --endpoint ${server.endpoint}`,
    `npx lambkin stop --endpoint ${server.endpoint}`,
  ];
  process.stdout.write(`${lines.map((text) => `  ${text}`).join("\n")}\n`);
}

await main();
