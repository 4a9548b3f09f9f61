import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { project, startDev } from "../../testkit/dev-command.ts";
import { eventually } from "../../testkit/eventually.ts";
import { lambkin } from "../../testkit/lambkin-server.ts";

async function invoke(lambda: LambdaClient, FunctionName: string): Promise<unknown> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from("{}") }));
  return JSON.parse(Buffer.from(Payload ?? []).toString() || "null");
}

test("a folder of handlers is served, followed and heard, and a second dev uses the server of the first", async () => {
  using files = project({
    "hello/index.mjs": `export const handler = async () => { console.log("one"); return "one"; };`,
    "typed/app.ts": `export const lambdaHandler = async (): Promise<string> => "typed";`,
    "snake/app.py": `def handler(event, context):\n    return "python"\n`,
    "notes/readme.md": "nothing to run",
  });
  await using dev = await startDev(files.root);
  const lambda = new LambdaClient(dev.client);
  await dev.said(/^hello: nodejs24\.x, index\.handler, from /m);
  await dev.said(/^snake: python3\.13, app\.handler, from /m);
  await dev.said(/^typed: nodejs24\.x, app\.lambdaHandler, from /m);
  assert.equal(await invoke(lambda, "hello"), "one");
  assert.equal(await invoke(lambda, "typed"), "typed");
  assert.equal(await invoke(lambda, "snake"), "python");
  await dev.said(/ hello +.*\tINFO\tone$/m);

  // In one step: what is written in two may be seen, and reloaded, in between.
  const made = path.join(os.tmpdir(), `lambkin-dev-made-${process.pid}.mjs`);
  writeFileSync(made, `export const handler = async () => "two";`);
  renameSync(made, path.join(files.root, "hello/index.mjs"));
  await dev.said(/^reloaded hello: index\.mjs$/m);
  await eventually(async () => (await invoke(lambda, "hello")) === "two" || undefined, {
    what: "the new code",
  });
  assert.equal(dev.output().match(/^reloaded/gm)?.length, 1);

  const other = await lambkin("dev", files.root, "--data", dev.dataDirectory, "--debug", "nobody");
  assert.equal(other.code, 2);
  assert.match(other.stdout, new RegExp(`using the server on ${dev.endpoint}`));
  assert.match(other.stderr, /--debug names nobody, which is not among hello, snake, typed/);
});

test("a SAM template is served as far as it goes, what is left out is said, and its changes apply", async () => {
  const template = (greeting: string) => `
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: nodejs24.x
    Timeout: 7
    Environment: { Variables: { SHARED: from-globals, TABLE: !Ref Orders } }
Parameters:
  Stage: { Type: String, Default: dev }
Mappings:
  Sizes: { dev: { memory: 192 } }
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  IsOther: !And [!Not [!Condition IsDev], !Condition IsDev]
  IsRound: !Condition IsRound
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: greeter
      Handler: index.handler
      CodeUri: ./src
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Environment:
        Variables:
          GREETING: ${greeting}
          STAGE: !Sub "\${Stage}-\${AWS::Region}-\${!Literal}"
          SELF: !GetAtt Hello.Arn
          JOINED: !Join ["-", [a, !Ref Stage]]
          CHOSEN: !If [IsDev, !If [IsOther, x, yes], no]
          ROUND: !If [IsRound, x, y]
          ELSEWHERE: !ImportValue other-stack
      Events:
        Api: { Type: HttpApi, Properties: { ApiId: !Ref Nowhere } }
  Imaged: { Type: AWS::Serverless::Function, Properties: { PackageType: Image } }
  Lost: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, CodeUri: ./none } }
  Orders: { Type: AWS::Serverless::SimpleTable }
`;
  using files = project({
    "template.yaml": template("hi"),
    "src/index.mjs": `export const handler = async (_, context) => ({
  ...Object.fromEntries(["GREETING", "STAGE", "SHARED", "TABLE", "SELF", "JOINED", "CHOSEN", "ELSEWHERE"].map((name) => [name, process.env[name]])),
  memory: context.memoryLimitInMB });`,
  });
  await using dev = await startDev(files.root);
  await dev.said(/^greeter: nodejs24\.x, index\.handler/m);
  for (const note of [
    /^note: Hello: Fn::ImportValue "other-stack" is not understood, and left out$/m,
    /^note: Hello: Fn::If \["IsRound","x","y"\] is not understood, and left out$/m,
    /^note: Hello: Events is left out$/m,
    /^note: Imaged: functions are made of zip archives, not of images$/m,
    /^note: Lost: its CodeUri \.\/none does not exist$/m,
    /^note: Orders \(AWS::Serverless::SimpleTable\) is not made$/m,
  ]) {
    await dev.said(note);
  }
  const lambda = new LambdaClient(dev.client);
  assert.deepEqual(await invoke(lambda, "greeter"), {
    GREETING: "hi",
    STAGE: "dev-us-east-1-${Literal}",
    SHARED: "from-globals",
    TABLE: "Orders",
    SELF: "arn:aws:lambda:us-east-1:000000000000:function:greeter",
    JOINED: "a-dev",
    CHOSEN: "yes",
    memory: "192",
  });
  assert.doesNotMatch(dev.output(), /Nowhere/);
  files.write("late/index.mjs", `export const handler = async () => console.log("heard");`);
  const late =
    "  Late: { Type: AWS::Serverless::Function, Properties: { Handler: index.handler, CodeUri: late } }\n";
  files.write("template.yaml", template("hello") + late);
  await eventually(
    async () => ((await invoke(lambda, "greeter")) as { GREETING: string }).GREETING === "hello" || undefined,
    { what: "the new variable" },
  );
  await dev.said(/^Late: nodejs24\.x/m);
  await invoke(lambda, "Late");
  await dev.said(/ Late +.*\tINFO\theard$/m);
  files.write("late/index.mjs", `export const handler = async () => console.log("anew");`);
  await dev.said(/^reloaded Late: index\.mjs$/m);
});
