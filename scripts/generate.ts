import { existsSync } from "node:fs";
import path from "node:path";
import { generateConstraints } from "./generate/constraints.ts";
import { GENERATED, writeGenerated } from "./generate/files.ts";
import { generateNotice } from "./generate/notice.ts";
import { generateSchemas } from "./generate/schemas.ts";
import { MODELLED_SERVICES } from "./generate/services.ts";

/**
 * Writes src/wire/generated: `npm run generate -- [MODELS]`. MODELS (or LAMBKIN_MODELS) is a folder that holds
 * botocore's models as `<service>-<version>/service-2.json.gz`; without it only the schema tables are written, from
 * the installed clients, and the constraint tables stay as they are.
 */
const models = process.argv[2] ?? process.env["LAMBKIN_MODELS"];

for (const service of MODELLED_SERVICES) {
  const bytes = writeGenerated(`${service.name}.json`, await generateSchemas(service));
  process.stdout.write(`${service.name}.json ${bytes} bytes\n`);
}

if (models === undefined) {
  process.stdout.write("constraints kept: no folder of models was given\n");
} else {
  for (const service of MODELLED_SERVICES) {
    const file = path.join(models, service.model, "service-2.json.gz");
    if (!existsSync(file)) throw new Error(`no model at ${file}`);
    const bytes = writeGenerated(`${service.name}.constraints.json`, generateConstraints(file));
    process.stdout.write(`${service.name}.constraints.json ${bytes} bytes\n`);
  }
}

writeGenerated("NOTICE", generateNotice());
process.stdout.write(`written to ${GENERATED}\n`);
