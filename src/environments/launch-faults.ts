import type { Fault } from "./fault.ts";

/** Reasons why a program can't be executed, in the words of Go's syscall package, which callers know from Lambda. */
const ERRNO_TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ENOEXEC: "exec format error",
  E2BIG: "argument list too long",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
};

/** The runtime's own program does not start. */
export function programFault(program: string, error: unknown): Fault {
  return { kind: "broken", errorType: "Runtime.InvalidEntrypoint", reason: reasonOf(program, error) };
}

/** An extension does not start; `failure` is the type that its line in the log has. */
export function launchFault(
  program: string,
  error: unknown,
): { readonly fault: Fault; readonly failure: string } {
  const fault: Fault = {
    kind: "broken",
    errorType: "Extension.LaunchError",
    reason: reasonOf(program, error),
  };
  return { fault, failure: codeOf(error) === "EACCES" ? "PermissionDenied" : "UnknownError" };
}

function reasonOf(program: string, error: unknown): string {
  const code = codeOf(error);
  const text = ERRNO_TEXTS[code] ?? (error instanceof Error ? error.message : code);
  return `fork/exec ${program}: ${text}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
