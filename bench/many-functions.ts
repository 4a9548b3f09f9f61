import { LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { startLambkin } from "../testkit/lambkin-server.ts";
import { createMany, manyName } from "../testkit/many-functions.ts";
import { type Bench, closedLoop, percentile } from "./figure.ts";
import { post } from "./signed-request.ts";

const FEW = 10;
const MANY = 10_000;
const ROUNDS = 10;
const ROUND_MS = 1_000;
/** Warm functions that are called by turns. */
const CALLED = 5;

/** Warm calls of the same functions on two servers by turns: one knows few functions, the other many. */
export const manyFunctions: Bench = {
  name: "many functions",
  conditions: `${CALLED} warm Node.js functions of 128 MB called one after the other; ${FEW} functions against ${MANY}`,
  async run() {
    await using few = await startLambkin();
    await using many = await startLambkin();
    await createMany(few.client, 0, FEW);
    await createMany(many.client, 0, MANY);
    const sides = [];
    for (const server of [few, many]) {
      const lambda = new LambdaClient(server.client);
      const FunctionName = manyName(CALLED - 1);
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
      lambda.destroy();
      let turn = 0;
      const call = async () => {
        const at = `/2015-03-31/functions/${manyName(turn++ % CALLED)}/invocations`;
        const status = await post(server.endpoint, at, "{}");
        if (status !== 200) throw new Error(`${at} answered ${status}`);
      };
      await closedLoop(1, ROUND_MS, call);
      sides.push({ call, timesMs: [] as number[] });
    }
    for (let round = 0; round < ROUNDS; round += 1)
      for (const { call, timesMs } of sides) timesMs.push(...(await closedLoop(1, ROUND_MS, call)).timesMs);
    const [withFew = [], withMany = []] = sides.map(({ timesMs }) => timesMs);
    return [0.5, 0.99].map((share) => ({
      name: `warm call, p${share * 100}`,
      unit: "ms" as const,
      value: percentile(withMany, share),
      baseline: { name: `with ${FEW} functions`, value: percentile(withFew, share) },
    }));
  },
};
