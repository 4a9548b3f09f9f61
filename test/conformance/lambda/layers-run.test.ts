import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  DeleteLayerVersionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  PublishLayerVersionCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { type ZipEntry, zip, zipOf } from "../../../testkit/zip-writer.ts";

for (const isolation of ["namespaces", "process"] as const) {
  describe(`What functions see of their layers, with ${isolation}`, () => suite(isolation));
}

function suite(isolation: "namespaces" | "process"): void {
  let contract: Contract;

  before(async () => {
    contract = await Contract.open({ isolation });
  });
  after(() => contract[Symbol.asyncDispose]());

  const publish = async (entries: readonly ZipEntry[]) => {
    const LayerName = contract.name();
    const { LayerVersionArn = "", Version: VersionNumber } = await contract.lambda.send(
      new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: zip(entries) } }),
    );
    const remove = () => contract.lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber }));
    contract.cleanUp(remove);
    return { arn: LayerVersionArn, remove };
  };
  const invoke = async (FunctionName: string): Promise<any> => {
    const { Payload, FunctionError } = await contract.lambda.send(new InvokeCommand({ FunctionName }));
    const text = Payload?.transformToString() ?? "";
    assert.equal(FunctionError, undefined, text);
    return JSON.parse(text);
  };

  it("Node.js: modules, programs, files of later layers over those of earlier ones", async () => {
    const first = await publish([
      { name: "nodejs/node_modules/greeting/index.js", content: "module.exports = 'first';" },
      { name: "nodejs/node_modules/only-first/index.js", content: "module.exports = require('greeting');" },
      { name: "bin/say", content: "#!/bin/sh\necho said by the first\n", mode: 0o100755 },
      { name: "lib/both.txt", content: "first" },
      { name: "kept/is-a-file", content: "file" },
    ]);
    const second = await publish([
      { name: "nodejs/node_modules/greeting/index.js", content: "module.exports = 'second';" },
      { name: "lib/both.txt", content: "second" },
      { name: "lib/link.txt", content: "both.txt", mode: 0o120777 },
      { name: "kept/is-a-file/inside.txt", content: "now a directory" },
    ]);
    const code = `
      const { execFileSync } = require("node:child_process");
      const { readFileSync, writeFileSync, statSync } = require("node:fs");
      // Without a mount namespace it is elsewhere, and only said by the search paths.
      const opt = process.env.PATH.split(":").at(-1).replace(/\\/bin$/, "");
      const attempt = (action) => { try { action(); return "done"; } catch (error) { return error.code; } };
      exports.handler = async () => ({
        greeting: require("greeting"),
        through: require("only-first"),
        said: execFileSync("say").toString(),
        both: readFileSync(opt + "/lib/both.txt", "utf8"),
        link: readFileSync(opt + "/lib/link.txt", "utf8"),
        inside: readFileSync(opt + "/kept/is-a-file/inside.txt", "utf8"),
        // As a plain process a function may be anybody.
        write: ${isolation === "process"} ? "EROFS" : attempt(() => writeFileSync(opt + "/lib/both.txt", "changed")),
        create: ${isolation === "process"} ? "EROFS" : attempt(() => writeFileSync(opt + "/lib/new.txt", "new")),
        mode: (statSync(opt + "/bin/say").mode & 0o777).toString(8),
        library: process.env.LD_LIBRARY_PATH.split(":").includes(opt + "/lib"),
      });`;
    const FunctionName = await contract.createFunction({
      Code: { ZipFile: zipOf({ "index.js": code }) },
      Layers: [first.arn, second.arn],
    });
    const seen = await invoke(FunctionName);
    const { write, create, ...read } = seen;
    assert.deepEqual(read, {
      greeting: "second",
      through: "second",
      said: "said by the first\n",
      both: "second",
      link: "second",
      inside: "now a directory",
      mode: "555",
      library: true,
    });
    for (const refusal of [write, create]) assert.match(refusal, /^(EROFS|EACCES)$/);

    // The other way round it is the other's file; afterwards, without layers, there is none.
    await contract.lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Layers: [second.arn, first.arn] }),
    );
    await contract.updated(FunctionName);
    const { Layers } = await contract.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.deepEqual(
      Layers?.map(({ Arn }) => Arn),
      [second.arn, first.arn],
    );
    const plain = await contract.createFunction({
      Code: {
        ZipFile: zipOf({
          "index.js": `const opt = process.env.PATH.split(":").at(-1).replace(/\\/bin$/, "");
            exports.handler = async () => ({ greeting: require("greeting"), file: require("node:fs").readFileSync(opt + "/kept/is-a-file", "utf8") });`,
        }),
      },
      Layers: [second.arn, first.arn],
    });
    assert.deepEqual(await invoke(plain), { greeting: "first", file: "file" });
    await contract.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: plain, Layers: [] }));
    await contract.updated(plain);
    const { FunctionError } = await contract.lambda.send(new InvokeCommand({ FunctionName: plain }));
    assert.equal(FunctionError, "Unhandled");
  });

  it("Node.js: a wrapper script starts the runtime", async () => {
    const layer = await publish([
      { name: "wrap", content: '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n', mode: 0o100755 },
    ]);
    const FunctionName = await contract.createFunction({
      Code: { ZipFile: zipOf({ "index.js": "exports.handler = async () => process.env.WRAPPED;" }) },
      Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrap" } },
      Layers: [layer.arn],
    });
    assert.equal(await invoke(FunctionName), "yes");
  });

  it("Python: both search paths, and on after the layer version is deleted", async () => {
    const layer = await publish([
      { name: "python/plain.py", content: "word = 'plain'\n" },
      { name: "python/lib/python3.11/site-packages/packaged.py", content: "word = 'packaged'\n" },
    ]);
    const code = `
import os, plain
def handler(event, context):
    try:
        import packaged
        word = packaged.word
    except ImportError:
        word = None
    return {'plain': plain.word, 'packaged': word, 'own': [name for name in os.environ if name.startswith('_LAMBKIN')]}
`;
    const FunctionName = await contract.createFunction({
      Runtime: "python3.11",
      Code: { ZipFile: zipOf({ "index.py": code }) },
      Layers: [layer.arn],
    });
    await layer.remove();
    const seen = await invoke(FunctionName);
    assert.deepEqual(seen, { plain: "plain", packaged: "packaged", own: [] });
    await contract.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 256 }));
    await contract.updated(FunctionName);
    assert.equal((await invoke(FunctionName)).plain, "plain");
    await assert.rejects(
      contract.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Layers: [layer.arn] })),
      { name: "InvalidParameterValueException", message: `Layer version ${layer.arn} does not exist.` },
    );
  });
}
