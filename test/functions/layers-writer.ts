/**
 * Publishes layers and gives them to functions on a SQLite store until it is killed; started by layers-crash.test.ts.
 * An acknowledged layer version is a line `layer NAME NUMBER`, a function that has layers `function NAME`.
 */
import { CODE, ROLE } from "../../testkit/functions-world.ts";
import { openStoredFunctions } from "../../testkit/stored-functions.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const directory = process.argv[2] ?? "";
const first = Number(process.argv[3]);
const { call } = await openStoredFunctions(directory);

async function publish(LayerName: string, content: string): Promise<string> {
  const files = Array.from({ length: 20 }, (_, n) => [`lib/${n % 3}/${LayerName}-${n}`, content]);
  const { LayerVersionArn, Version } = await call("PublishLayerVersion", {
    LayerName,
    Content: { ZipFile: zipOf({ ...Object.fromEntries(files), shared: content }) },
  });
  process.stdout.write(`layer ${LayerName} ${Version}\n`);
  return LayerVersionArn;
}

async function client(lane: number): Promise<never> {
  for (let round = first; ; round++) {
    const name = `f-${lane}-${round}`;
    const Layers = [await publish(`one-${lane}`, name), await publish(`two-${lane}`, name)];
    await call("CreateFunction", {
      FunctionName: name,
      Role: ROLE,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: CODE },
      Layers,
    });
    process.stdout.write(`function ${name}\n`);
    // From here on it is not said to be there, and its number is not to come again.
    await call("DeleteLayerVersion", {
      LayerName: `one-${lane}`,
      VersionNumber: Number(Layers[0]?.split(":").at(-1)),
    });
  }
}

await Promise.all([0, 1].map(client));
