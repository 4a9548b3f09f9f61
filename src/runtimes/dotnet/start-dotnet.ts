import { searchPaths } from "../search-paths.ts";

/** AWS keeps `dotnet` beside the programs of the language. */
export const DOTNET_INSIDE = "/var/lang/bin";

export function dotnetVariables(): Readonly<Record<string, string>> {
  return { ...searchPaths };
}

/** What is started depends on the handler, and on files that only the sandbox has: a script decides. */
export function dotnetCommand(): readonly [string, ...string[]] {
  return ["/bin/sh", "/var/runtime/start.sh", `${DOTNET_INSIDE}/dotnet`];
}

/** `dotnet8`; until version 5 `dotnetcore3.1`. */
export function dotnetLine(identifier: string): number | undefined {
  const [, core, line = core] = /^dotnet(?:core(\d)\.\d|(\d{1,2}))$/.exec(identifier) ?? [];
  return line === undefined ? undefined : Number(line);
}

export function dotnetVersionText(line: number): string {
  return line < 5 ? "core3.1" : String(line);
}
