import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Interpreter } from "../interfaces.ts";
import { isExecutable, namesIn, searchPath } from "../interpreter-probe.ts";
import { hashOfSources, makeDirectory, Once, sourcesIn } from "../kept-directory.ts";
import { FRAMEWORK } from "./find-dotnet.ts";

const run = promisify(execFile);

/** The language is what every compiler at hand understands, Mono's included. */
const OPTIONS = ["-nologo", "-nostdlib", "-optimize+", "-langversion:7.2", "-target:exe"];

const SOURCES = /\.cs$/;
const ASSEMBLY = "Lambkin.Runtime.dll";
const START = "start.sh";

/** Where distributions keep the library with the data of cultures. */
const LIBRARY_DIRECTORIES = [
  "/usr/lib64",
  "/usr/lib",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
];

/**
 * The .NET runtime's assembly, which calls functions: the package's, or compiled at the first use by the SDK's compiler
 * or Mono's. It is kept, for each .NET, under the hash of its sources, with the program that starts it.
 */
export class DotnetBootstrap {
  readonly #source: string;
  readonly #places: { readonly cache: string; readonly prebuilt: string };
  readonly #dotnets: readonly Interpreter[];
  readonly #hash: string;
  readonly #once = new Once();

  constructor(
    source: string,
    places: { readonly cache: string; readonly prebuilt: string },
    dotnets: readonly Interpreter[],
  ) {
    this.#source = source;
    this.#places = places;
    this.#dotnets = dotnets;
    this.#hash = hashOfSources(source, /\.(cs|sh)$/);
  }

  directory({ program, version }: Interpreter): string {
    const key = createHash("sha256").update(`${program} ${version}`).digest("hex").slice(0, 12);
    return join(this.#places.cache, `dotnet-${version}-${key}-${this.#hash}`);
  }

  /** Resolves when functions can be started with this .NET. */
  prepare(dotnet: Interpreter): Promise<void> {
    const directory = this.directory(dotnet);
    return this.#once.do(directory, async () => {
      if (existsSync(join(directory, ASSEMBLY))) return;
      await makeDirectory(directory, async (made) => {
        await copyFile(join(this.#source, START), join(made, START));
        const prebuilt = join(this.#places.prebuilt, ASSEMBLY);
        if (existsSync(prebuilt)) await copyFile(prebuilt, join(made, ASSEMBLY));
        else await compileAssembly(this.#source, made, [dotnet, ...this.#older(dotnet)]);
        await findCultures(made, dotnet);
      });
    });
  }

  /** An assembly that was made for an older version runs on a newer one. */
  #older({ line }: Interpreter): readonly Interpreter[] {
    return this.#dotnets.filter((other) => other.line < line);
  }
}

/**
 * Compiles the assembly against the libraries of the first of the .NETs for which it can be done.
 * @throws if there is no compiler, with the error of the last one otherwise.
 */
export async function compileAssembly(
  source: string,
  into: string,
  dotnets: readonly Interpreter[],
): Promise<void> {
  const files = sourcesIn(source, SOURCES).map((file) => join(source, file));
  let failure = new Error(
    "functions in .NET need a C# compiler once, of the .NET SDK or Mono (mono-mcs): only runtimes are installed",
  );
  for (const dotnet of dotnets) {
    for (const compiler of await compilersFor(dotnet)) {
      const settings = join(into, "compile.rsp");
      const lines = [...OPTIONS, `-out:${join(into, ASSEMBLY)}`];
      lines.push(...(await librariesOf(dotnet)).map((library) => `-r:${library}`), ...files);
      await writeFile(settings, lines.map((line) => `"${line}"\n`).join(""));
      try {
        // The default settings would add libraries of the compiler's own.
        await run(compiler[0], [...compiler.slice(1), "-noconfig", `@${settings}`]);
        await rm(settings);
        return;
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
    }
  }
  throw failure;
}

/** Command lines of compilers: those of SDKs, newest first, then Mono's. */
async function compilersFor({
  prefix,
  program,
}: Interpreter): Promise<readonly (readonly [string, ...string[]])[]> {
  const sdks = (await namesIn(join(prefix, "sdk"))).toSorted().reverse();
  const compilers = sdks
    .map((sdk) => join(prefix, "sdk", sdk, "Roslyn", "bincore", "csc.dll"))
    .filter((compiler) => existsSync(compiler))
    .map((compiler): [string, ...string[]] => [program, "exec", compiler]);
  for (const directory of searchPath()) {
    const mono = join(directory, "mcs");
    if (await isExecutable(mono)) return [...compilers, [mono]];
  }
  return compilers;
}

async function librariesOf({ prefix, version }: Interpreter): Promise<readonly string[]> {
  const directory = join(prefix, FRAMEWORK, version);
  const names = (await readdir(directory)).filter(
    (name) =>
      /^(System|Microsoft|mscorlib|netstandard).*\.dll$/.test(name) && !/Native|WindowsRuntime/.test(name),
  );
  return names.map((name) => join(directory, name));
}

/**
 * Finds out how this .NET comes to the data of cultures on this machine, and writes it down for the start. As it is;
 * told which version of the library there is, which older ones don't find by themselves; or without.
 */
async function findCultures(directory: string, { program, version }: Interpreter): Promise<void> {
  const configuration = join(directory, "Lambkin.Runtime.runtimeconfig.json");
  const framework = { name: "Microsoft.NETCore.App", version };
  await writeFile(configuration, JSON.stringify({ runtimeOptions: { framework } }));
  const libraries = (await Promise.all(LIBRARY_DIRECTORIES.map(namesIn)))
    .flat()
    .map((name) => /^libicuuc\.so\.(\d+(?:\.\d+)?)$/.exec(name)?.[1])
    .filter((found) => found !== undefined);
  const ways = [
    {},
    ...[...new Set(libraries)]
      .toSorted()
      .reverse()
      .map((found) => ({ CLR_ICU_VERSION_OVERRIDE: found })),
  ];
  const arguments_ = ["exec", "--runtimeconfig", configuration, join(directory, ASSEMBLY), "culture"];
  for (const way of ways) {
    try {
      await run(program, arguments_, { env: way });
      await writeFile(join(directory, "culture"), exported(way));
      return;
    } catch {
      // The next way.
    }
  }
  await writeFile(join(directory, "culture"), exported({ DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1" }));
}

/** Lines of a shell's; the customer's own settings count more. */
function exported(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}="\${${name}:-${value}}"\n`)
    .join("");
}
