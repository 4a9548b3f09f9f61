/**
 * Starts the runtime through the program that AWS_LAMBDA_EXEC_WRAPPER names. Runs inside the sandbox, because only
 * there the path means anything; texts and exit codes are Lambda's.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
 */
const SCRIPT = `wrapper=$AWS_LAMBDA_EXEC_WRAPPER
if [ ! -f "$wrapper" ]; then echo "$wrapper: does not exist"; exit 127; fi
if [ ! -x "$wrapper" ]; then echo "$wrapper: is not an executable"; exit 126; fi
exec "$wrapper" "$@"`;

/** The command line for a runtime's own, wrapped if the function asks for it. */
export function withExecWrapper(
  command: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>>,
): readonly [string, ...string[]] {
  if (!isWrapped(variables)) return command;
  return ["/bin/sh", "-c", SCRIPT, "bootstrap", ...command];
}

/** Whether a program of the function's own stands between the platform and its runtime. */
export function isWrapped({
  AWS_LAMBDA_EXEC_WRAPPER: wrapper = "",
}: Readonly<Record<string, string>>): boolean {
  return wrapper !== "";
}
