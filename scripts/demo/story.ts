import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { type AttributeValue, ScanCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { patience } from "../../testkit/patience.ts";
import type { Clients } from "./clients.ts";
import { BUCKET, type Deployment, type Pipeline } from "./deployment.ts";
import { heading, line } from "./print.ts";
import type { DemoServer } from "./server.ts";

const REPORT_WAIT_MS = patience(60_000);
const REPORT_POLL_MS = 50;
const ROWS_SHOWN = 8;

/** The fields of a REPORT line. */
const REPORT =
  /^REPORT RequestId: (?<id>\S+)\tDuration: (?<duration>[\d.]+) ms\tBilled Duration: (?<billed>\d+) ms\tMemory Size: (?<size>\d+) MB\tMax Memory Used: (?<used>\d+) MB(?:\tInit Duration: (?<init>[\d.]+) ms)?/;

/** Uploads files and shows what comes of it, from the function's own log and table. */
export class Story {
  readonly #server: DemoServer;
  readonly #clients: Clients;
  readonly #deployment: Deployment;
  readonly #told = new Set<string>();

  constructor(server: DemoServer, clients: Clients, deployment: Deployment) {
    this.#server = server;
    this.#clients = clients;
    this.#deployment = deployment;
  }

  async upload(pipeline: Pipeline, as: "cold" | "again"): Promise<void> {
    const body = readFileSync(pipeline.dataFile);
    const { name, ext } = path.parse(pipeline.dataFile);
    const key = `${pipeline.prefix}${name}${as === "cold" ? "" : "-again"}${ext}`;
    heading(`Upload s3://${BUCKET}/${key}`);
    const started = performance.now();
    const answer = await this.#clients.s3.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }),
    );
    line("object", `${body.length} bytes, ETag ${answer.ETag}`);
    line("event", `ObjectCreated:Put to ${this.#deployment.functionArns.get(pipeline.functionName)}`);

    const { messages, report } = await this.#nextInvocation(pipeline.functionName);
    const elapsed = (performance.now() - started).toFixed(0);
    const { duration, billed, size, used, init } = report;
    const start = init === undefined ? "warm start" : `cold start, init ${init} ms`;
    line("run", `${start}, isolation ${this.#server.isolation}, ${elapsed} ms after the upload it was done`);
    line("metered", `duration ${duration} ms, billed ${billed} ms, ${used} of ${size} MB used`);
    for (const message of messages) line("log", `| ${message}`);
  }

  async items({ table, columns, keys }: Pipeline): Promise<void> {
    const { Items = [], Count } = await this.#clients.dynamodb.send(new ScanCommand({ TableName: table }));
    heading(`DynamoDB table ${table}: ${Count} items`);
    const sortKey = keys.at(-1) ?? "";
    const rows = [...Items]
      .sort((a, b) => text(a[sortKey]).localeCompare(text(b[sortKey])))
      .slice(0, ROWS_SHOWN)
      .map((item) => columns.map((column) => text(item[column])));
    const widths = columns.map((column, index) =>
      Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)),
    );
    for (const row of [columns, ...rows]) {
      process.stdout.write(`  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ")}\n`);
    }
    if ((Count ?? 0) > rows.length) process.stdout.write(`  ... and ${(Count ?? 0) - rows.length} more\n`);
  }

  async bill(): Promise<void> {
    heading("The bill, by AWS's list prices");
    const command = path.join(import.meta.dirname, "..", "..", "bin", "lambkin.cjs");
    const usage = spawnSync(process.execPath, [command, "usage", "--endpoint", this.#server.endpoint], {
      encoding: "utf8",
    });
    if (usage.status !== 0) throw new Error(`lambkin usage failed: ${usage.stderr}`);
    process.stdout.write(usage.stdout);
  }

  /** Waits for the next REPORT of the function that has not been told yet. */
  async #nextInvocation(functionName: string) {
    const deadline = performance.now() + REPORT_WAIT_MS;
    for (;;) {
      const events = await this.#events(functionName);
      for (const message of events) {
        const report = REPORT.exec(message)?.groups;
        const id = report?.["id"];
        if (report === undefined || id === undefined || this.#told.has(id)) continue;
        this.#told.add(id);
        const end = events.indexOf(message);
        const begin = events.findIndex((text) => text.startsWith(`START RequestId: ${id}`));
        return {
          messages: events.slice(begin, end + 1).map((text) => text.trimEnd().replaceAll("\t", "  ")),
          report,
        };
      }
      if (performance.now() > deadline)
        throw new Error(`${functionName} did not report within ${REPORT_WAIT_MS} ms`);
      await delay(REPORT_POLL_MS);
    }
  }

  async #events(functionName: string): Promise<string[]> {
    try {
      const { events = [] } = await this.#clients.logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${functionName}` }),
      );
      return events.map(({ message }) => message ?? "");
    } catch (error) {
      // The group comes into being with the function's first line.
      if ((error as Error).name === "ResourceNotFoundException") return [];
      throw error;
    }
  }
}

function text(value: AttributeValue | undefined): string {
  return value?.S ?? value?.N ?? "";
}
