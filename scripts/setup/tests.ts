import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { installAwsCli2 } from "./aws-cli-2.ts";
import { installAwsClients } from "./aws-clients.ts";
import { installCompiler } from "./compiler.ts";
import { installDebugpy } from "./debugpy.ts";
import { buildDotnetFunctions, installDotnet } from "./dotnet.ts";
import { buildExamples, QUICK_EXAMPLES } from "./examples.ts";
import { buildJavaFunctions, installLanguages } from "./languages.ts";
import { installNetworkTools } from "./network.ts";
import {
  buildGoProgram,
  installPythonRuntimeClient,
  linkJavaLayer,
  unpackNodeRuntimeClients,
} from "./runtime-clients.ts";
import { buildThirdPartyLayers } from "./third-party.ts";

const root = path.join(import.meta.dirname, "..", "..");

/** Short, because sockets in it have paths of at most 107 characters. */
const FOLDER = /^lkt-(\d+)$/;

/** What a run of tests needs: tools, variables, and a temporary folder that goes with it. */
export function setUpTests(): {
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  cleanUp(): void;
} {
  installCompiler();
  installNetworkTools();
  installLanguages();
  const cache = path.join(root, "node_modules", ".cache", "lambkin");
  const clients = installAwsClients(cache);
  const awsCli2 = installAwsCli2(cache);
  const pythonClient = installPythonRuntimeClient(cache, clients);
  const nodeClients = unpackNodeRuntimeClients(cache);
  const debugpy = installDebugpy(cache, clients);
  const functions = path.join(root, "test", "scenarios", "runtime-clients");
  const goProgram = buildGoProgram(cache, path.join(functions, "go"));
  const java = buildJavaFunctions(cache, path.join(root, "test", "runtimes", "java-functions"));
  const javaLayer = linkJavaLayer(cache, java);
  const dotnet = installDotnet(cache, clients);
  const dotnetSource = path.join(root, "test", "runtimes", "dotnet-functions");
  const dotnetFunctions = buildDotnetFunctions(cache, dotnetSource, dotnet);
  const examples = buildExamples(root, cache, QUICK_EXAMPLES);
  const libraries = path.join(root, "test", "scenarios", "third-party", "libraries");
  const thirdParty = buildThirdPartyLayers(cache, clients, libraries);
  removeAbandoned(os.tmpdir());
  const temporary = path.join(os.tmpdir(), `lkt-${process.pid}`);
  // Some tests run as a user that owns nothing, and must be able to pass.
  mkdirSync(temporary, { mode: 0o755 });
  return {
    root,
    environment: {
      ...process.env,
      LAMBKIN_TEST_CLIENTS: clients,
      LAMBKIN_TEST_AWS_CLI_2: awsCli2,
      LAMBKIN_TEST_PYTHON_CLIENT: pythonClient,
      LAMBKIN_TEST_NODE_CLIENTS: nodeClients,
      LAMBKIN_TEST_DEBUGPY: debugpy,
      LAMBKIN_TEST_GO_PROGRAM: goProgram,
      LAMBKIN_TEST_JAVA_LAYER: javaLayer,
      LAMBKIN_TEST_JAVA_FUNCTIONS: path.join(java, "classes"),
      LAMBKIN_TEST_DOTNET_FUNCTIONS: dotnetFunctions,
      DOTNET_ROOT: dotnet,
      LAMBKIN_TEST_EXAMPLES: examples,
      LAMBKIN_TEST_THIRD_PARTY: thirdParty,
      TMPDIR: temporary,
    },
    cleanUp: () => rmSync(temporary, { recursive: true, force: true }),
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
