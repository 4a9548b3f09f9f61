import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a command to its end, without input, and gives what it printed; throws with its output if it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code, signal] = (await once(child, "close").catch((error: Error) => {
    throw new Error(`${command} could not be started: ${error.message}`);
  })) as [number | null, NodeJS.Signals | null];
  if (code !== 0)
    throw new Error(`${[command, ...args].join(" ")} failed (${code ?? signal}):\n${stdout}${stderr}`);
  return stdout;
}

/** True if the command can be started and succeeds. */
export async function works(command: string, ...args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: "ignore" });
  const [code] = await once(child, "close").catch(() => [undefined]);
  return code === 0;
}
