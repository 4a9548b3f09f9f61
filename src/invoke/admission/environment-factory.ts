import { hash } from "node:crypto";
import type { RoleDirectory } from "../../base/index.ts";
import type { EnvironmentSpec } from "../../environments/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../../functions/index.ts";
import type { Purpose } from "./fleet-options.ts";

/** Collects what an environment of a function version has to know. */
export async function specify(
  target: ResolvedFunction,
  key: string,
  purpose: Purpose,
  catalog: Pick<FunctionCatalog, "codeDirectory" | "layersDirectory">,
  roles: RoleDirectory,
): Promise<EnvironmentSpec> {
  const [codeDirectory, layersDirectory, role] = await Promise.all([
    catalog.codeDirectory(target),
    catalog.layersDirectory(target),
    roles.find(target.roleArn),
  ]);
  return {
    key,
    initialization: initializationOf(target, purpose),
    ...(purpose === "ahead" ? { ahead: true } : {}),
    account: target.account,
    region: target.region,
    functionName: target.name,
    functionArn: target.arn,
    version: target.version,
    runtime: target.runtime,
    handler: target.handler,
    architecture: target.architecture,
    memoryMiB: target.memoryMiB,
    timeoutMs: target.timeoutMs,
    ephemeralStorageMiB: target.ephemeralStorageMiB,
    environment: target.environment,
    codeDirectory,
    ...(layersDirectory === undefined ? {} : { layersDirectory }),
    roleArn: target.roleArn,
    roleId: role?.roleId ?? roleIdOfUnknown(target.roleArn),
    logGroup: target.logGroup,
    logFormat: target.logFormat,
    ...(target.applicationLogLevel === undefined ? {} : { applicationLogLevel: target.applicationLogLevel }),
    ...(target.systemLogLevel === undefined ? {} : { systemLogLevel: target.systemLogLevel }),
  };
}

function initializationOf(
  { snapStart }: ResolvedFunction,
  purpose: Purpose,
): EnvironmentSpec["initialization"] {
  if (purpose === "provisioned") return "provisioned-concurrency";
  return snapStart === true ? "snap-start" : "on-demand";
}

/** Functions may name a role that was never created here; its sessions still need an id that stays the same. */
function roleIdOfUnknown(roleArn: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const digest = hash("sha256", roleArn, "buffer");
  return `AROA${Array.from(digest.subarray(0, 17), (byte) => letters[byte & 31]).join("")}`;
}
