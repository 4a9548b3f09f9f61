import { coldStart } from "./cold-start.ts";
import { controlPlane } from "./control-plane.ts";
import { durableEnqueue } from "./durable-enqueue.ts";
import { families } from "./families.ts";
import type { Bench } from "./figure.ts";
import { forked } from "./forked.ts";
import { gvisor } from "./gvisor.ts";
import { hotReload } from "./hot-reload.ts";
import { manyFunctions } from "./many-functions.ts";
import { overload } from "./overload.ts";
import { pool } from "./pool.ts";
import { sandbox } from "./sandbox.ts";
import { sandboxAdded } from "./sandbox-added.ts";
import { scaling } from "./scaling.ts";
import { start } from "./start.ts";
import { warmInvoke } from "./warm-invoke.ts";
import { wireCodecs } from "./wire-codecs.ts";
import { wireDoor } from "./wire-door.ts";

/** What `npm run bench` measures, in this order. */
export const BENCHES: readonly Bench[] = [
  start,
  warmInvoke,
  coldStart,
  pool,
  families,
  forked,
  hotReload,
  sandbox,
  sandboxAdded,
  scaling,
  manyFunctions,
  gvisor,
  overload,
  durableEnqueue,
  controlPlane,
  wireDoor,
  wireCodecs,
];
