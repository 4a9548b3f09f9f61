/** The applications of `examples/`, as their own tool chains build them and their own scripts deploy them. */
import { after, before, describe, it } from "node:test";
import { deploy, ExampleClients } from "../../testkit/examples/example.ts";
import { QUICK } from "../../testkit/examples/quick.ts";
import { type LambkinServer, startLambkin } from "../../testkit/lambkin-server.ts";
import { fromSetUp } from "../../testkit/runtime-client.ts";

describe("examples", { concurrency: 2 }, () => {
  let server: LambkinServer;
  before(async () => {
    server = await startLambkin();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const example of QUICK) {
    it(example.name, async () => {
      await deploy(example, fromSetUp("LAMBKIN_TEST_EXAMPLES"), server);
      await example.use(new ExampleClients(server.client));
    });
  }
});
