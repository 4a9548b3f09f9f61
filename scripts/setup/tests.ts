import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { compileSpawner, compileZygoteLibrary } from "../../src/environments/index.ts";
import { installAwsCli2 } from "./aws-cli-2.ts";
import { installAwsClients } from "./aws-clients.ts";
import { installCompiler } from "./compiler.ts";
import { installDebugpy } from "./debugpy.ts";
import { buildDotnetFunctions, installCsharpCompiler, installDotnet } from "./dotnet.ts";
import { buildExamples, QUICK_EXAMPLES } from "./examples.ts";
import { buildJavaFunctions, installJava, installRuby } from "./languages.ts";
import { installNetworkTools } from "./network.ts";
import {
  buildGoProgram,
  installPythonRuntimeClient,
  linkJavaLayer,
  unpackNodeRuntimeClients,
} from "./runtime-clients.ts";
import { Steps } from "./steps.ts";
import { buildThirdPartyLayers } from "./third-party.ts";

const root = path.join(import.meta.dirname, "..", "..");

/** Short, because sockets in it have paths of at most 107 characters. */
const FOLDER = /^lkt-(\d+)$/;

/** Checkouts whose files sandboxes can't show under their own path, without which Java has no archive of classes. */
const HIDDEN = /^\/(tmp|opt|mnt)\//;

/** What a run of tests needs: tools, variables, and a temporary folder that goes with it. */
export async function setUpTests(): Promise<{
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  cleanUp(): void;
}> {
  const tools = await setUpTools();
  removeAbandoned(os.tmpdir());
  const temporary = path.join(os.tmpdir(), `lkt-${process.pid}`);
  // Some tests run as a user that owns nothing, and must be able to pass.
  mkdirSync(temporary, { mode: 0o755 });
  return {
    root,
    environment: { ...process.env, ...tools, TMPDIR: temporary },
    cleanUp: () => rmSync(temporary, { recursive: true, force: true }),
  };
}

/** Installs and builds side by side, what others wait for first; gives the variables that tell tests where it is. */
async function setUpTools(): Promise<Readonly<Record<string, string>>> {
  const cache = path.join(root, "node_modules", ".cache", "lambkin");
  mkdirSync(cache, { recursive: true });
  const inTest = (...place: string[]) => path.join(root, "test", ...place);
  const steps = new Steps();
  const clients = steps.begin("AWS's clients for Python", () => installAwsClients(cache));
  const java = steps.begin("functions in Java", async () => {
    await installJava();
    return buildJavaFunctions(cache, inTest("runtimes", "java-functions"));
  });
  const csharpCompiler = steps.begin("a compiler of C#", installCsharpCompiler);
  const dotnet = steps.begin(".NET", async () => installDotnet(cache, await clients));
  void steps.begin("Ruby", installRuby);
  const cacheHome = path.join(
    HIDDEN.test(root) ? path.join(os.homedir(), ".cache", "lambkin-tests") : cache,
    "home",
  );
  void steps.begin("the spawner", async () => {
    await installCompiler();
    // As servers do, which each test would have to wait for.
    const kept = path.join(cacheHome, "lambkin");
    await Promise.all([compileSpawner(kept), compileZygoteLibrary(kept)]);
  });
  void steps.begin("network tools", installNetworkTools);
  const examples = QUICK_EXAMPLES.map((name) =>
    steps.begin(`examples/${name}`, () => buildExamples(root, cache, [name])),
  );
  const goProgram = steps.begin("a function in Go", () =>
    buildGoProgram(cache, inTest("scenarios", "runtime-clients", "go")),
  );
  const javaLayer = steps.begin("a layer with Java", async () => linkJavaLayer(cache, await java));
  const dotnetFunctions = steps.begin("functions in C#", async () => {
    await csharpCompiler;
    return buildDotnetFunctions(cache, inTest("runtimes", "dotnet-functions"), await dotnet);
  });
  const libraries = inTest("scenarios", "third-party", "libraries");
  const thirdParty = steps.begin("libraries that functions use", async () =>
    buildThirdPartyLayers(cache, await clients, libraries),
  );
  const awsCli2 = steps.begin("the AWS CLI 2", () => installAwsCli2(cache));
  const pythonClient = steps.begin("AWS's runtime client for Python", async () =>
    installPythonRuntimeClient(cache, await clients),
  );
  const nodeClients = steps.begin("AWS's runtime clients for Node.js", () => unpackNodeRuntimeClients(cache));
  const debugpy = steps.begin("debugpy", async () => installDebugpy(cache, await clients));
  await steps.done();
  const [builtExamples = ""] = await Promise.all(examples);
  return {
    // A run neither uses nor changes what the user has installed with `lambkin runtimes`.
    XDG_CACHE_HOME: cacheHome,
    NODE_COMPILE_CACHE: path.join(cacheHome, "lambkin", "compiled"),
    LAMBKIN_TEST_CLIENTS: await clients,
    LAMBKIN_TEST_AWS_CLI_2: await awsCli2,
    LAMBKIN_TEST_PYTHON_CLIENT: await pythonClient,
    LAMBKIN_TEST_NODE_CLIENTS: await nodeClients,
    LAMBKIN_TEST_DEBUGPY: await debugpy,
    LAMBKIN_TEST_GO_PROGRAM: await goProgram,
    LAMBKIN_TEST_JAVA_LAYER: await javaLayer,
    LAMBKIN_TEST_JAVA_FUNCTIONS: path.join(await java, "classes"),
    LAMBKIN_TEST_DOTNET_FUNCTIONS: await dotnetFunctions,
    DOTNET_ROOT: await dotnet,
    LAMBKIN_TEST_EXAMPLES: builtExamples,
    LAMBKIN_TEST_THIRD_PARTY: await thirdParty,
  };
}

/** What runs have left that were killed. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = FOLDER.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      rmSync(path.join(folder, name), { recursive: true, force: true });
    } catch {
      // Another user's, or something in it is about to go away: a later run tries again.
    }
  }
}
