/** A server starts on data that earlier versions have written, and on today's. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { DATA_FORMAT } from "../../src/storage/index.ts";
import { startLambkin } from "../../testkit/lambkin-server.ts";
import { clientsOf, destroy } from "./crash/world.ts";
import { check } from "./upgrade/content.ts";
import { formats, make } from "./upgrade/fixture.ts";

for (const format of formats()) {
  test(`a server goes on from data of format ${format}`, async () => {
    const dataDirectory = mkdtempSync(path.join(os.tmpdir(), "lambkin-upgrade-"));
    try {
      make(format, dataDirectory);
      const server = await startLambkin({ dataDirectory });
      const clients = clientsOf(server);
      try {
        await check(clients);
      } finally {
        destroy(clients);
        assert.equal(await server.end("SIGTERM"), 0);
      }
      assert.deepEqual(JSON.parse(readFileSync(path.join(dataDirectory, "format.json"), "utf8")), {
        version: DATA_FORMAT,
      });
    } finally {
      rmSync(dataDirectory, { recursive: true, force: true });
    }
  });
}

test("there is a fixture of every format", () => {
  assert.deepEqual(
    formats(),
    Array.from({ length: DATA_FORMAT }, (_, index) => index + 1),
  );
});
