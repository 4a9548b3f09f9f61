import { createHash } from "node:crypto";
import { partitionOf } from "../../base/index.ts";
import type { Runtime } from "../interfaces.ts";

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html */
export const PROVIDED_RUNTIMES = ["provided.al2", "provided.al2023"];

/** Search paths of runtimes that bring their own language; the customer may override them. */
const SEARCH_PATHS = {
  PATH: "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
  LD_LIBRARY_PATH: "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
};

/**
 * A custom runtime: the function's own program, which speaks the Runtime API. It is the file `bootstrap` of the
 * package or of a layer, started without arguments; what the operating system offers is this machine's.
 */
export function providedRuntime(identifier: string, release: number): Runtime | undefined {
  if (!PROVIDED_RUNTIMES.includes(identifier)) return undefined;
  const digest = createHash("sha256").update(`${identifier} ${release}`).digest("hex");
  return {
    identifier,
    family: "provided",
    exact: true,
    runtimeVersion: `${identifier.replace(".", ":")}.v${release}`,
    runtimeVersionArn: (region) => `arn:${partitionOf(region)}:lambda:${region}::runtime:${digest}`,
    mounts: [],
    defaultVariables: SEARCH_PATHS,
    framedLogs: true,
    connected: false,
    waits: false,
    debuggable: false,
    forks: false,
    bootstraps: ["/var/task/bootstrap", "/opt/bootstrap"],
    command: ({ bootstrap }) => [bootstrap],
  };
}
