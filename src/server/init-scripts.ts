import { spawn } from "node:child_process";
import { access, constants, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { type Log, serverLimits } from "../base/index.ts";
import { replaceFile } from "../storage/index.ts";

const DONE_FILE = "init.json";

export interface InitScripts {
  /** Where the scripts are: executable files and `*.sh`, run in the order of their names. */
  readonly folder: string;
  /** Remembers which ran, so that each runs once in the life of its data. */
  readonly dataDirectory: string;
  /** What AWS clients read, beside the server's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/**
 * Runs the scripts that have not run yet, one after the other; what they print goes to standard error. Rejects with a
 * sentence for people when one fails; the next start begins with that one.
 */
export async function runInitScripts(scripts: InitScripts): Promise<void> {
  const doneFile = path.join(scripts.dataDirectory, DONE_FILE);
  const done = await readDone(doneFile);
  for (const name of await listScripts(scripts.folder)) {
    if (done.includes(name)) continue;
    const file = path.join(scripts.folder, name);
    scripts.log.info("init script", { file });
    await runScript(file, scripts);
    done.push(name);
    await replaceFile(doneFile, `${JSON.stringify({ done })}\n`);
  }
}

/** What AWS clients and the command read; undefined takes a variable away. */
export function clientEnvironment(server: {
  readonly endpoint: string;
  /** Certificates to trust, as PEM. */
  readonly caBundle: string | undefined;
  readonly region: string;
  readonly account: string;
  readonly root: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}): Record<string, string | undefined> {
  const { endpoint, caBundle, region, account, root } = server;
  const friendly = { accessKeyId: account === "000000000000" ? "test" : account, secretAccessKey: "test" };
  const { accessKeyId, secretAccessKey } = root ?? friendly;
  return {
    LAMBKIN_ENDPOINT: endpoint,
    LAMBKIN_LAUNCHER: undefined,
    AWS_ENDPOINT_URL: endpoint,
    ...(caBundle === undefined ? {} : { AWS_CA_BUNDLE: caBundle, NODE_EXTRA_CA_CERTS: caBundle }),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}

async function readDone(file: string): Promise<string[]> {
  try {
    return [...(JSON.parse(await readFile(file, "utf8")) as { readonly done: readonly string[] }).done];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new Error(`${file}, which says what init scripts ran, can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function listScripts(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: Error) => {
    throw new Error(`the folder of --init can't be read: ${error.message}`, { cause: error });
  });
  const found: string[] = [];
  for (const name of names.sort()) {
    const file = path.join(folder, name);
    if (!(await stat(file)).isFile()) continue;
    if (name.endsWith(".sh") || (await isExecutable(file))) found.push(name);
  }
  return found;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function runScript(file: string, { folder, environment }: InitScripts): Promise<void> {
  const [program, args] = (await isExecutable(file)) ? [file, []] : ["/bin/sh", [file]];
  const failure = await new Promise<string | undefined>((resolve) => {
    const child = spawn(program, args, {
      cwd: folder,
      // Standard output is the server's own: programs read its lines.
      stdio: ["ignore", 2, 2],
      env: { ...process.env, ...environment },
      timeout: serverLimits.initScriptMs,
      killSignal: "SIGKILL",
    });
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
  if (failure === undefined) return;
  throw new Error(`the init script ${file} ${failure}; the server does not start before it works`);
}
