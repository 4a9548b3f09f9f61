import { ACCEPTED_RUNTIMES, BLOCKED_RUNTIMES } from "../base/index.ts";
import type { Runtime, RuntimeAvailability, RuntimeMatch } from "./interfaces.ts";
import { describeSdk, type InstalledSdk } from "./sdks/installed.ts";

const BLOCKED = "Lambda takes no new functions of it, nor updates";

/** Every identifier that Lambda has or had; `closest` finds what could serve one. */
export function listAvailable(
  closest: (identifier: string) => Runtime | undefined,
  match: RuntimeMatch,
  sdkOf: (identifier: string) => InstalledSdk | undefined,
): readonly RuntimeAvailability[] {
  return [
    ...ACCEPTED_RUNTIMES.map((identifier) => {
      const sdk = sdkOf(identifier);
      const row = availability(identifier, closest(identifier), match);
      return sdk === undefined || row.match === "none" ? row : { ...row, sdk: describeSdk(sdk) };
    }),
    ...BLOCKED_RUNTIMES.map((identifier) => ({ identifier, match: "none" as const, detail: BLOCKED })),
  ];
}

function availability(
  identifier: string,
  runtime: Runtime | undefined,
  match: RuntimeMatch,
): RuntimeAvailability {
  const install = `\`lambkin runtimes install ${identifier}\``;
  if (runtime === undefined) {
    const language = languageOf(identifier);
    return { identifier, match: "none", detail: `no ${language} was found on this machine; ${install}` };
  }
  const { exact, interpreter, notice = "" } = runtime;
  if (interpreter === undefined) {
    return { identifier, match: "exact", detail: "the function's own bootstrap" };
  }
  const { program, version } = interpreter;
  if (!exact && match === "exact") {
    const detail = `this server runs exact versions only, and has ${version}; ${install}`;
    return { identifier, match: "none", detail };
  }
  return {
    identifier,
    match: exact ? "exact" : "closest",
    version,
    program,
    // The version has a place of its own; what the notice says beyond it has not.
    detail: `${program} (${interpreter.foundAs})${notice.split(version)[1] ?? ""}`,
  };
}

const LANGUAGES = {
  nodejs: "Node.js",
  python: "Python",
  ruby: "Ruby",
  java: "Java",
  dotnet: ".NET",
} as const;

function languageOf(identifier: string): string {
  const family = Object.entries(LANGUAGES).find(([prefix]) => identifier.startsWith(prefix));
  return family?.[1] ?? "runtime";
}
