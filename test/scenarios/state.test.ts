/** What an operator does with the data: back it up, restore it, empty it, fill it at the first start. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { eventually } from "../../testkit/eventually.ts";
import { lambkin, startLambkin } from "../../testkit/lambkin-server.ts";
import { Acknowledged } from "./crash/acknowledged.ts";
import { checkAll } from "./crash/checks.ts";
import { load } from "./crash/load.ts";
import { clientsOf, destroy, RECORDER, setUp } from "./crash/world.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "lambkin-state-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const within = (...names: string[]) => path.join(folder, ...names);

async function succeeds(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await lambkin(...args);
  assert.equal(code, 0, `lambkin ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function fails(pattern: RegExp, ...args: string[]): Promise<void> {
  const { code, stderr } = await lambkin(...args);
  assert.equal(code, 1, `lambkin ${args.join(" ")}: ${stderr}`);
  assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /\n\s+at /, "people get a sentence, not a stack");
}

test("a backup made under load holds all that was acknowledged before, and a server goes on from it", async (context) => {
  const backup = within("backup");
  const acknowledged = new Acknowledged();
  let promised: Acknowledged;
  {
    await using server = await startLambkin({ dataDirectory: within("original") });
    const clients = clientsOf(server);
    await setUp(clients);
    const ended = new AbortController();
    const loading = load(clients, acknowledged, ended.signal);
    await eventually(
      () => (Object.values(acknowledged.counts()).every((count) => count > 1) ? true : undefined),
      {
        what: "some of everything",
      },
    );
    promised = new Acknowledged(acknowledged);
    const report = JSON.parse(await succeeds("backup", backup, "--endpoint", server.endpoint, "--json"));
    assert.equal(report.target, backup);
    assert.ok(report.files > 10 && report.bytes > 100_000, JSON.stringify(report));
    // The counter in the backup may be anything up to now.
    promised.uncertainIncrements +=
      acknowledged.increments - promised.increments + acknowledged.uncertainIncrements;
    ended.abort();
    await loading;

    await fails(/is there already and not empty/, "backup", backup, "--endpoint", server.endpoint);
    const inside = path.join(server.dataDirectory, "backup");
    await fails(/inside the data directory/, "backup", inside, "--endpoint", server.endpoint);
    const { status } = await fetch(`${server.endpoint}/_lambkin/backup?to=${within("unsigned")}`, {
      method: "POST",
    });
    assert.ok(status >= 400 && !existsSync(within("unsigned")), `an unsigned request is answered ${status}`);
    destroy(clients);
  }
  context.diagnostic(JSON.stringify(promised.counts()));

  await succeeds("restore", backup, "--data", within("restored"));
  await using server = await startLambkin({ dataDirectory: within("restored") });
  const clients = clientsOf(server);
  await checkAll(clients, promised, within("restored"));
  const { FunctionError, Payload } = await clients.lambda.send(
    new InvokeCommand({ FunctionName: RECORDER, Payload: Buffer.from('{"id":"after"}') }),
  );
  assert.equal(FunctionError, undefined);
  assert.equal(Buffer.from(Payload ?? []).toString(), '["after"]');
  destroy(clients);
});

test("a backup that is not what it was is refused, and leaves nothing behind", async () => {
  const data = within("small");
  await (await startLambkin({ dataDirectory: data })).end("SIGTERM");
  const backup = within("small-backup");
  await succeeds("backup", backup, "--data", data);
  assert.equal(readFileSync(path.join(backup, "backup.json"), "utf8").includes('"format": 1'), true);

  await fails(/is not empty/, "restore", backup, "--data", data);
  await fails(/has no backup\.json/, "restore", within("nowhere"), "--data", within("target"));
  assert.equal(existsSync(within("target")), false);

  const manifest = JSON.parse(readFileSync(path.join(backup, "backup.json"), "utf8"));
  const write = (changes: object) =>
    writeFileSync(path.join(backup, "backup.json"), JSON.stringify({ ...manifest, ...changes }));
  write({ format: 99 });
  await fails(/data format 99/, "restore", backup, "--data", within("target"));
  write({ files: [{ path: "../escaped", size: 1, sha256: "0" }] });
  await fails(/not the description of a backup/, "restore", backup, "--data", within("target"));
  write({});
  appendFileSync(path.join(backup, "data", "state.db"), "more");
  await fails(
    /state\.db of the backup is not what was backed up/,
    "restore",
    backup,
    "--data",
    within("target"),
  );
  rmSync(path.join(backup, "data", "state.db"));
  await fails(/the backup lacks state\.db/, "restore", backup, "--data", within("target"));
  assert.deepEqual(
    readdirSync(within("target")).filter((name) => name !== "lock"),
    [],
  );
  await (await startLambkin({ dataDirectory: within("target") })).end("SIGTERM");
});

test("reset empties a data directory, of a stopped server only and of nobody else's", async () => {
  const data = within("to-reset");
  const server = await startLambkin({ dataDirectory: data });
  try {
    assert.equal((await lambkin("reset", "--data", data)).code, 2, "it wants --yes");
    await fails(/in use by/, "reset", "--data", data, "--yes");
  } finally {
    await server.end("SIGKILL");
  }
  await succeeds("reset", "--data", data, "--yes");
  assert.deepEqual(
    readdirSync(data).filter((name) => name !== "lock"),
    [],
  );
  assert.deepEqual(JSON.parse(await succeeds("reset", "--data", data, "--yes", "--json")), {
    directory: data,
    emptied: false,
  });
  const foreign = within("foreign");
  mkdirSync(foreign);
  writeFileSync(path.join(foreign, "letter.txt"), "dear all");
  await fails(/not a Lambkin data directory/, "reset", "--data", foreign, "--yes");
  assert.deepEqual(readdirSync(foreign), ["letter.txt"]);

  writeFileSync(path.join(data, "format.json"), '{"version":1,"emptying":true}\n');
  await fails(/was being emptied/, "start", "--port", "0", "--data", data);
  await succeeds("reset", "--data", data, "--yes");
  await (await startLambkin({ dataDirectory: data })).end("SIGTERM");
});

test("init scripts run once each, in order, against the server, before it is said to be ready", async () => {
  const scripts = within("scripts");
  const said = within("said");
  mkdirSync(scripts);
  const write = (name: string, text: string, mode = 0o644) => {
    writeFileSync(path.join(scripts, name), text);
    chmodSync(path.join(scripts, name), mode);
  };
  write("20-second.sh", `echo second >> ${said}\n`);
  write(
    "10-first",
    `#!${process.execPath}
     const answer = await fetch(process.env.AWS_ENDPOINT_URL + "/_lambkin/health");
     const { region } = await answer.json();
     require("node:fs").appendFileSync(${JSON.stringify(said)}, ["first", answer.status, region, process.env.AWS_REGION, process.env.AWS_ACCESS_KEY_ID].join(" ") + "\\n");
    `.replace("const answer = await", "(async () => { const answer = await") + "})();",
    0o755,
  );
  write("readme.txt", "not a script");
  write("30-third.sh", `echo third >> ${said}; exit 7\n`);
  const args = ["--init", scripts, "--region", "eu-west-1"];

  await fails(
    /30-third\.sh ended with exit code 7/,
    ...["start", "--port", "0", "--data", within("init-data"), ...args],
  );
  const first = ["first 200 eu-west-1 eu-west-1 test", "second", "third"];
  assert.deepEqual(readFileSync(said, "utf8").trim().split("\n"), first);

  write("30-third.sh", `echo third again >> ${said}\n`);
  for (let start = 0; start < 2; start++) {
    const server = await startLambkin({ dataDirectory: within("init-data"), args });
    assert.deepEqual(readFileSync(said, "utf8").trim().split("\n"), [...first, "third again"]);
    assert.equal(await server.end("SIGTERM"), 0);
  }
  await fails(
    /--init can't be read/,
    "start",
    "--port",
    "0",
    "--data",
    within("init-data"),
    "--init",
    within("nowhere"),
  );
});
