import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { GENERATED } from "../../scripts/generate/files.ts";
import { generateNotice } from "../../scripts/generate/notice.ts";
import { generateSchemas } from "../../scripts/generate/schemas.ts";
import { MODELLED_SERVICES } from "../../scripts/generate/services.ts";
import { loadConstraints, loadModel, SERVICES } from "../../src/wire/model/registry.ts";
import type { Shape } from "../../src/wire/model/table.ts";
import { simpleConstraints } from "../../src/wire/validation/constraint.ts";

const committed = (name: string) => readFileSync(path.join(GENERATED, name), "utf8");

describe("generated tables", () => {
  for (const service of MODELLED_SERVICES) {
    it(`${service.name}.json is what the installed client gives`, async () => {
      assert.equal(
        committed(`${service.name}.json`),
        await generateSchemas(service),
        "run `npm run generate`",
      );
    });
  }

  it("the notice names the installed clients", () => {
    assert.equal(committed("NOTICE"), generateNotice());
  });

  for (const { name } of SERVICES) {
    it(`${name}: constraints name operations and members of the schemas, and their patterns compile`, async () => {
      const model = await loadModel(name);
      const table = await loadConstraints(name);
      const unknown: string[] = [];
      let checked = 0;
      for (const [operation, input] of Object.entries(table.inputs)) {
        const known = model.operations.get(operation);
        // The model may be newer than the client.
        if (known === undefined) continue;
        const seen = new Set<Shape>();
        const walk = (shape: Shape, constraints: string | undefined) => {
          const row = constraints === undefined ? undefined : table.shapes[constraints];
          if (row === undefined || seen.has(shape)) return;
          seen.add(shape);
          if (shape.kind === "list") return walk(shape.element.shape, row.member);
          if (shape.kind === "map") return walk(shape.value.shape, row.value);
          if (shape.kind !== "structure") return;
          for (const member of Object.keys(row.members ?? {})) {
            const target = shape.members.find((own) => own.name === member);
            checked++;
            if (target === undefined) unknown.push(`${operation} ${shape.name}.${member}`);
            else walk(target.shape, row.members?.[member]);
          }
        };
        walk(known.input, input);
      }
      for (const shape of Object.values(table.shapes)) simpleConstraints(shape);
      assert.ok(checked > 10, `${checked} members were checked`);
      assert.deepEqual(unknown, []);
    });
  }
});
