import { bindOperations, type Service } from "../../wire/index.ts";
import type { Sts } from "./model.ts";
import { operations } from "./operations/index.ts";

/** STS: who am I, and temporary credentials of a role. */
export function createSts(options: Sts): Service {
  return { name: "sts", operations: bindOperations(options, operations) };
}
