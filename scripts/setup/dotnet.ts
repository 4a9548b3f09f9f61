import { existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { provide } from "./debian.ts";
import { run } from "./run.ts";
import { digestOf } from "./runtime-clients.ts";

/** .NET as PyPI has it: `dotnet` and the runtime, without a compiler. */
const RUNTIME = "dotnetcore2==3.1.23";

/** Of the assemblies of functions, by what each is compiled against. */
const ASSEMBLIES = [
  { folder: "core", name: "Amazon.Lambda.Core", uses: [] },
  { folder: "serializer", name: "Example.Serializer", uses: ["Amazon.Lambda.Core"] },
  { folder: "functions", name: "Example.Functions", uses: ["Amazon.Lambda.Core", "Example.Serializer"] },
  { folder: "plain", name: "Plain", uses: [] },
  { folder: "executable", name: "Executable", uses: [] },
] as const;

/** Puts .NET into a folder under `cache`, once, with the pip of `clients`; returns where `dotnet` lies. */
export async function installDotnet(cache: string, clients: string): Promise<string> {
  const folder = path.join(cache, RUNTIME.replaceAll(/[^\w.-]+/g, "-"));
  const root = path.join(folder, "dotnetcore2", "bin");
  if (existsSync(path.join(folder, "complete"))) return root;
  rmSync(folder, { recursive: true, force: true });
  process.stderr.write(`installing ${RUNTIME} for the tests\n`);
  const options = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", folder];
  await run(path.join(clients, "bin", "pip"), [...options, RUNTIME]);
  await run("chmod", ["755", path.join(root, "dotnet")]);
  writeFileSync(path.join(folder, "complete"), `${RUNTIME}\n`);
  return root;
}

/** Takes longer than what is built with it. */
export function installCsharpCompiler(): Promise<void> {
  return provide(["mcs", "--version"], ["mono-mcs"], "compiles functions in C#");
}

/** Compiles the functions in `source`, once for what they say, and returns the directory of what a package holds. */
export async function buildDotnetFunctions(cache: string, source: string, dotnet: string): Promise<string> {
  await installCsharpCompiler();
  const built = path.join(cache, `dotnet-${digestOf(source)}`);
  if (existsSync(built)) return built;
  process.stderr.write("building functions in C# for the tests\n");
  const made = `${built}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  const libraries = globSync(path.join(dotnet, "shared", "Microsoft.NETCore.App", "*", "*.dll"));
  const managed = libraries.filter(
    (file) => !/Native|WindowsRuntime|\/(?!System|Microsoft|mscorlib|netstandard)[^/]+$/.test(file),
  );
  for (const { folder, name, uses } of ASSEMBLIES) {
    const references = [...managed, ...uses.map((used) => path.join(made, `${used}.dll`))];
    const target = folder === "executable" ? "exe" : "library";
    const settings = path.join(made, "compile.rsp");
    const lines = [
      ...["-nostdlib", "-langversion:7.2", "-nowarn:1702", `-target:${target}`],
      `-out:${path.join(made, `${name}.dll`)}`,
      ...references.map((library) => `-r:${library}`),
      ...globSync(path.join(source, folder, "*.cs")),
    ];
    writeFileSync(settings, lines.map((line) => `"${line}"\n`).join(""));
    await run("mcs", ["-noconfig", `@${settings}`]);
    rmSync(settings);
    if (folder !== "core" && folder !== "serializer") describe(made, name, uses);
  }
  renameSync(made, built);
  return built;
}

/** What `dotnet publish` writes beside an assembly. */
function describe(directory: string, name: string, uses: readonly string[]): void {
  const framework = { name: "Microsoft.NETCore.App", version: "3.1.0" };
  const options = { runtimeOptions: { tfm: "netcoreapp3.1", framework } };
  writeFileSync(path.join(directory, `${name}.runtimeconfig.json`), JSON.stringify(options));
  const target = ".NETCoreApp,Version=v3.1";
  const all = [name, ...uses];
  const dependencies = {
    runtimeTarget: { name: target, signature: "" },
    targets: {
      [target]: Object.fromEntries(all.map((one) => [`${one}/1.0.0`, { runtime: { [`${one}.dll`]: {} } }])),
    },
    libraries: Object.fromEntries(
      all.map((one) => [`${one}/1.0.0`, { type: "project", serviceable: false, sha512: "" }]),
    ),
  };
  writeFileSync(path.join(directory, `${name}.deps.json`), JSON.stringify(dependencies));
}
