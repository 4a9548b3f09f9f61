import { AssumeRole } from "./AssumeRole.ts";
import { GetCallerIdentity } from "./GetCallerIdentity.ts";

/** Every operation of STS that Lambkin answers. */
export const operations = { AssumeRole, GetCallerIdentity };
