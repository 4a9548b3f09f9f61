import type { IsolationTier } from "../src/environments/index.ts";

/** The tier of sandboxes that `npm run verify -- gvisor` names for tests that else run in the usual one. */
const NAMED = process.env["LAMBKIN_TIER"];

/** Where sandboxes are tested. */
export const TESTED_TIER: IsolationTier = NAMED === "gvisor" ? "gvisor" : "namespaces";

/** For tests of what all tiers have in common. */
export const TESTED_TIERS: readonly IsolationTier[] =
  NAMED === "gvisor" ? [NAMED] : process.platform === "linux" ? ["process", "namespaces"] : ["process"];

/** For tests that ask nothing of the tier. */
export const ANY_TIER: IsolationTier = NAMED === "gvisor" ? NAMED : "process";
