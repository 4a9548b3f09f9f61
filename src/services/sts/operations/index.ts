import { AssumeRole } from "./AssumeRole.ts";
import { GetAccessKeyInfo } from "./GetAccessKeyInfo.ts";
import { GetCallerIdentity } from "./GetCallerIdentity.ts";
import { GetSessionToken } from "./GetSessionToken.ts";

/** Every operation of STS that Lambkin answers. */
export const operations = { AssumeRole, GetAccessKeyInfo, GetCallerIdentity, GetSessionToken };
