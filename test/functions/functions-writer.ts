/**
 * Creates, changes and deletes functions on a SQLite store until it is killed; started by functions-crash.test.ts.
 * Each acknowledged state of a function is a line `NAME SHA256`, of a deleted one `NAME -`.
 */
import { ROLE } from "../../testkit/functions-world.ts";
import { openStoredFunctions } from "../../testkit/stored-functions.ts";
import { zipOf } from "../../testkit/zip-writer.ts";

const FILES = 60;

const directory = process.argv[2] ?? "";
const first = Number(process.argv[3]);
const { call } = await openStoredFunctions(directory);

async function settled(FunctionName: string): Promise<void> {
  for (;;) {
    const { State, LastUpdateStatus } = await call("GetFunctionConfiguration", { FunctionName });
    if (State === "Active" && LastUpdateStatus === "Successful") return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const say = (name: string, codeSha256: string | undefined) => {
  const sha256 = codeSha256 === undefined ? "-" : Buffer.from(codeSha256, "base64").toString("hex");
  process.stdout.write(`${name} ${sha256}\n`);
};

async function client(lane: number): Promise<never> {
  for (let round = first; ; round++) {
    const name = `f-${lane}-${round}`;
    const pack = (body: string) => {
      const names = Array.from({ length: FILES }, (_, n) => `lib/${n % 7}/file-${n}.mjs`);
      return zipOf(Object.fromEntries(names.map((file) => [file, `${name} ${body} ${file}`])));
    };
    const created = await call("CreateFunction", {
      FunctionName: name,
      Role: ROLE,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: pack("one") },
      Publish: true,
    });
    say(name, created.CodeSha256);
    await settled(name);
    const changed = await call("UpdateFunctionCode", { FunctionName: name, ZipFile: pack("two") });
    say(name, changed.CodeSha256);
    await settled(name);
    if (round % 3 !== 0) continue;
    // Announced before, because either outcome is right from here on.
    process.stdout.write(`${name} ?\n`);
    await call("DeleteFunction", { FunctionName: name });
    say(name, undefined);
  }
}

await Promise.all([0, 1, 2].map(client));
