import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ServerOptions } from "./options.ts";

const SERVER_FILE = "server.json";

/** Tells the other commands where this server is, until it is withdrawn. */
export async function announce(
  dataDirectory: string,
  endpoint: string,
  caBundle: string | undefined,
): Promise<{ withdraw(): Promise<void> }> {
  const file = path.join(dataDirectory, SERVER_FILE);
  await writeFile(`${file}.new`, `${JSON.stringify({ pid: process.pid, endpoint, caBundle })}\n`, {
    mode: 0o600,
  });
  await rename(`${file}.new`, file);
  return { withdraw: () => rm(file, { force: true }) };
}

/** What whoever started the server should know, a sentence each. */
export function notices(
  options: ServerOptions,
  report: {
    readonly tier: string;
    readonly limits: readonly { readonly name: string; readonly holds: boolean; readonly detail: string }[];
  },
  rootFile: string | undefined,
): string[] {
  const lines: string[] = [];
  if (report.tier === "process") {
    const reason = report.limits.find(({ holds }) => !holds)?.detail ?? "";
    lines.push(
      `warning: functions run as plain processes, without isolation (${reason}); \`lambkin doctor\` says more`,
    );
  }
  const egress = report.limits.find(({ name }) => name === "internet egress");
  if (egress?.holds === false && options.egress !== false) lines.push(`warning: no egress: ${egress.detail}`);
  if (rootFile !== undefined) lines.push(`root credentials are in ${rootFile}`);
  if (!options.secure && !/^(127\.|::1$|localhost$)/.test(options.host)) {
    lines.push(
      `warning: ${options.host} can be reached from elsewhere and signatures are not verified; --secure verifies them`,
    );
  }
  return lines;
}
