import { cgroupV2 } from "./cgroup-v2/index.ts";
import { clients } from "./clients.ts";
import { crash } from "./crash.ts";
import { examples } from "./examples.ts";
import { fuzz } from "./fuzz.ts";
import { gvisor } from "./gvisor.ts";
import { ledger } from "./ledger/index.ts";
import { neighbours } from "./neighbours.ts";
import type { Part } from "./part.ts";
import { runtimes } from "./runtimes.ts";
import { scale } from "./scale/index.ts";
import { soak } from "./soak.ts";

/** What `npm run verify` runs, in this order. */
export const PARTS: readonly Part[] = [
  crash,
  fuzz,
  soak,
  scale,
  neighbours,
  clients,
  examples,
  gvisor,
  cgroupV2,
  runtimes,
  ledger,
];
