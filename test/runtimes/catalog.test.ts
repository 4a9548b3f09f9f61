import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRuntimeCatalog } from "../../src/runtimes/catalog.ts";
import { findRuntimes, type Interpreter } from "../../src/runtimes/index.ts";

function interpreter(family: "nodejs" | "python", line: number, version: string): Interpreter {
  const program = `/opt/${family}-${line}/bin/${family === "nodejs" ? "node" : `python3.${line}`}`;
  return {
    family,
    line,
    version,
    program,
    prefix: `/opt/${family}-${line}`,
    foundAs: "test",
    libraryDirectories: ["/opt/libraries"],
  };
}

describe("runtime catalog", () => {
  const catalog = createRuntimeCatalog([
    interpreter("nodejs", 20, "20.1.0"),
    interpreter("nodejs", 24, "24.1.0"),
    interpreter("python", 11, "3.11.7"),
  ]);

  it("prefers the same version, then the next newer, then the newest older one", () => {
    const served = (identifier: string) => catalog.find(identifier)?.interpreter?.version;
    assert.equal(served("nodejs20.x"), "20.1.0");
    assert.equal(served("nodejs22.x"), "24.1.0");
    assert.equal(served("nodejs18.x"), "20.1.0");
    assert.equal(served("nodejs26.x"), "24.1.0");
    assert.equal(served("python3.14"), "3.11.7");
    assert.equal(catalog.find("nodejs20.x")?.exact, true);
    assert.equal(catalog.find("nodejs20.x")?.notice, undefined);
    assert.equal(catalog.find("nodejs22.x")?.exact, false);
    assert.equal(catalog.find("nodejs22.x")?.notice, "nodejs22.x is served by version 24.1.0");
  });

  it("prefers the newest of a line, wherever it was found", () => {
    const found = ["22.9.0", "22.21.1", "22.3.0"].map((version) => interpreter("nodejs", 22, version));
    assert.equal(createRuntimeCatalog(found).find("nodejs22.x")?.interpreter?.version, "22.21.1");
    const twice = [
      interpreter("nodejs", 22, "22.9.0"),
      { ...interpreter("nodejs", 22, "22.9.0"), foundAs: "later" },
    ];
    assert.equal(createRuntimeCatalog(twice).find("nodejs22.x")?.interpreter?.foundAs, "test");
  });

  it("knows no other identifiers", () => {
    for (const identifier of [
      "",
      "nodejs",
      "nodejs22",
      "python3",
      "python2.7",
      "java21",
      "nodejs22.x ",
      "__proto__",
    ]) {
      assert.equal(catalog.find(identifier), undefined, identifier);
    }
  });

  it("lists what it can't run, and why", () => {
    const entry = (identifier: string) => catalog.list().find((other) => other.identifier === identifier);
    assert.deepEqual(entry("java21"), {
      identifier: "java21",
      match: "none",
      detail: "no Java was found on this machine; `lambkin runtimes install java21`",
    });
    assert.match(entry("dotnet8")?.detail ?? "", /^no \.NET was found/);
    assert.deepEqual(entry("go1.x"), {
      identifier: "go1.x",
      match: "none",
      detail: "Lambda takes no new functions of it, nor updates",
    });
    assert.equal(entry("python3.11")?.match, "exact");
    assert.deepEqual(entry("nodejs22.x"), {
      identifier: "nodejs22.x",
      match: "closest",
      version: "24.1.0",
      program: "/opt/nodejs-24/bin/node",
      detail: "/opt/nodejs-24/bin/node (test)",
    });
  });

  it("lets nothing stand in where only exact versions will do", () => {
    const exact = createRuntimeCatalog([interpreter("nodejs", 24, "24.1.0")], { match: "exact" });
    assert.equal(exact.find("nodejs24.x")?.interpreter?.version, "24.1.0");
    assert.equal(exact.find("nodejs22.x"), undefined);
    assert.deepEqual(
      exact.list().find(({ identifier }) => identifier === "nodejs22.x"),
      {
        identifier: "nodejs22.x",
        match: "none",
        detail: "this server runs exact versions only, and has 24.1.0; `lambkin runtimes install nodejs22.x`",
      },
    );
  });

  it("says how to start a runtime inside a sandbox", () => {
    const node = catalog.find("nodejs22.x");
    assert.deepEqual(node?.command({ memoryMiB: 256, variables: {}, bootstrap: "" }), [
      "/var/lang/bin/node",
      "--max-semi-space-size=12",
      "--max-old-space-size=230",
      "--no-experimental-require-module",
      "--no-experimental-detect-module",
      "/var/runtime/bootstrap.cjs",
    ]);
    assert.deepEqual(
      node.mounts.map(({ target }) => target),
      ["/var/lang", "/var/runtime", "/opt/libraries"],
    );
    assert.equal(node.mounts[0]?.source, "/opt/nodejs-24");
    assert.match(node.runtimeVersion, /^nodejs:22\.v\d+$/);
    assert.match(
      node.runtimeVersionArn("cn-north-1"),
      /^arn:aws-cn:lambda:cn-north-1::runtime:[0-9a-f]{64}$/,
    );
    const python = catalog.find("python3.11");
    assert.deepEqual(
      python?.command({ memoryMiB: 256, variables: { AWS_LAMBDA_EXEC_WRAPPER: "" }, bootstrap: "" }),
      ["/var/lang/bin/python3.11", "-u", "/var/runtime/bootstrap.py"],
    );
    const wrapped = python.command({
      memoryMiB: 256,
      variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/w" },
      bootstrap: "",
    });
    assert.deepEqual(wrapped.slice(-3), ["/var/lang/bin/python3.11", "-u", "/var/runtime/bootstrap.py"]);
    assert.equal(wrapped[0], "/bin/sh");
  });

  it("lists what a machine lacks", () => {
    const empty = createRuntimeCatalog([]);
    const all = empty.list();
    const lacking = all.filter(({ match }) => match === "none");
    assert.ok(lacking.length >= 12);
    const rest = all.filter((listed) => !lacking.includes(listed));
    assert.deepEqual(
      rest.map(({ identifier }) => identifier),
      ["provided.al2023", "provided.al2"],
    );
    const listed = catalog.list().find(({ identifier }) => identifier === "nodejs20.x");
    assert.deepEqual(listed, {
      identifier: "nodejs20.x",
      match: "exact",
      version: "20.1.0",
      program: "/opt/nodejs-20/bin/node",
      detail: "/opt/nodejs-20/bin/node (test)",
    });
  });

  it("finds the Node.js that runs Lambkin", async () => {
    const here = await findRuntimes();
    const own = here.find(`nodejs${process.versions.node.split(".")[0]}.x`);
    assert.equal(own?.exact, true);
    assert.equal(own.interpreter?.version, process.versions.node);
  });
});
