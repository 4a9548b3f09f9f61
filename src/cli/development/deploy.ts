import { readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CommandFailure, type OptionValues } from "../command.ts";
import { type Answer, send } from "../connection.ts";
import type { DevelopmentFunction } from "./development-function.ts";

const FUNCTIONS = "/2015-03-31/functions";
const SETTLE_MS = 60_000;
const POLL_MS = 50;

function call(options: OptionValues, method: string, path: string, body?: unknown): Promise<Answer> {
  return send(options, {
    service: "lambda",
    method,
    path: FUNCTIONS + path,
    query: {},
    headers: { "content-type": "application/json" },
    body: body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body)),
  });
}

/** Makes the function, or brings one of its name up to date. Its own versions, aliases and permissions stay. */
export async function deploy(
  options: OptionValues,
  fn: DevelopmentFunction,
  account: string,
): Promise<"created" | "updated"> {
  const path = `/${encodeURIComponent(fn.name)}`;
  const code = statSync(fn.code).isDirectory()
    ? { S3Bucket: "hot-reload", S3Key: fn.code }
    : { ZipFile: readFileSync(fn.code).toString("base64") };
  const configuration = {
    Runtime: fn.runtime,
    Handler: fn.handler,
    Role: `arn:aws:iam::${account}:role/lambkin-dev`,
    Environment: { Variables: fn.environment },
    MemorySize: fn.memoryMiB ?? 128,
    Timeout: fn.timeoutSeconds ?? 3,
    EphemeralStorage: { Size: fn.ephemeralStorageMiB ?? 512 },
    Description: fn.description ?? "",
  };
  const architectures = fn.architecture === undefined ? {} : { Architectures: [fn.architecture] };
  const present = await call(options, "GET", `${path}/configuration`);
  if (present.status === 404) {
    const body = { FunctionName: fn.name, ...configuration, ...architectures, Code: code };
    demand(fn, await call(options, "POST", "", body));
    await settled(options, fn, path);
    return "created";
  }
  demand(fn, present);
  await settled(options, fn, path);
  demand(fn, await call(options, "PUT", `${path}/configuration`, configuration));
  await settled(options, fn, path);
  demand(fn, await call(options, "PUT", `${path}/code`, { ...code, ...architectures }));
  await settled(options, fn, path);
  return "updated";
}

function demand({ name }: DevelopmentFunction, answer: Answer): void {
  if (answer.status >= 300) throw new CommandFailure(`${name}: ${answer.errorText()}`);
}

async function settled(options: OptionValues, fn: DevelopmentFunction, path: string): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const answer = await call(options, "GET", `${path}/configuration`);
    demand(fn, answer);
    const { State, LastUpdateStatus, StateReason, LastUpdateStatusReason } = JSON.parse(
      answer.text,
    ) as Readonly<Record<string, string>>;
    if (State === "Failed" || LastUpdateStatus === "Failed") {
      throw new CommandFailure(
        `${fn.name}: ${StateReason ?? LastUpdateStatusReason ?? "it can't be deployed"}`,
      );
    }
    if (State !== "Pending" && LastUpdateStatus !== "InProgress") return;
    if (performance.now() > deadline) throw new CommandFailure(`${fn.name} does not become ready`);
    await delay(POLL_MS);
  }
}
