import path from "node:path";
import { buildExamples, SLOW_EXAMPLES } from "../scripts/setup/examples.ts";
import { setUpTests } from "../scripts/setup/tests.ts";
import { deploy, ExampleClients } from "../testkit/examples/example.ts";
import { SLOW } from "../testkit/examples/slow.ts";
import { startLambkin } from "../testkit/lambkin-server.ts";
import type { Part } from "./part.ts";

export const examples: Part = {
  name: "examples",
  what: "the applications of examples/ that take long to build: C#, Java, Go and Rust",
  minutes: 3,
  async run({ say }) {
    const tests = await setUpTests();
    try {
      Object.assign(process.env, tests.environment);
      const cache = path.join(tests.root, "node_modules", ".cache", "lambkin");
      const built = await buildExamples(tests.root, cache, SLOW_EXAMPLES);
      await using server = await startLambkin();
      for (const example of SLOW) {
        await deploy(example, built, server);
        await example.use(new ExampleClients(server.client));
        say(`${example.name} works`);
      }
      return SLOW.map(({ name }) => name).join(", ");
    } finally {
      tests.cleanUp();
    }
  },
};
