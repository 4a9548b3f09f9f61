import { type ChildProcess, spawn } from "node:child_process";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

/** Starts a bootstrap without a sandbox, on the function of a folder, against a Runtime API that listens already. */
export function startBootstrap(of: {
  /** Program and arguments; the last is the bootstrap's file. */
  readonly command: readonly [string, ...string[]];
  readonly runtime: string;
  readonly folder: string;
  readonly api: Server;
}): ChildProcess {
  const [program, ...args] = of.command;
  return spawn(program, args, {
    cwd: of.folder,
    stdio: "ignore",
    env: {
      PATH: process.env["PATH"],
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(of.api.address() as AddressInfo).port}`,
      AWS_EXECUTION_ENV: `AWS_Lambda_${of.runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: "bare",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769",
      AWS_LAMBDA_LOG_GROUP_NAME: "group",
      AWS_LAMBDA_LOG_STREAM_NAME: "stream",
      AWS_REGION: "us-east-1",
      LAMBDA_TASK_ROOT: of.folder,
      LAMBDA_RUNTIME_DIR: path.dirname(args.at(-1) ?? ""),
      _HANDLER: "index.handler",
    },
  });
}
