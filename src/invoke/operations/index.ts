import { Invoke } from "./Invoke.ts";
import { InvokeAsync } from "./InvokeAsync.ts";
import { InvokeWithResponseStream } from "./InvokeWithResponseStream.ts";

/** The operations of the Lambda service that run functions. */
export const operations = { Invoke, InvokeAsync, InvokeWithResponseStream };
