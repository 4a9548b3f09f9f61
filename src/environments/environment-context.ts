import type { Socket } from "node:net";
import type { Clock, Log, LogSink, Randomness, TemporaryCredentials } from "../base/index.ts";
import type { DebugSession } from "./debugging/debug-session.ts";
import type { EnvironmentSpec } from "./interfaces.ts";
import type { OutputTurn } from "./output-turn.ts";
import type { EnvironmentPool } from "./pool/environment-pool.ts";
import type { SandboxTier } from "./sandbox/index.ts";

/** What all environments of a host share. */
export interface EnvironmentContext {
  readonly tier: SandboxTier;
  readonly credentials: (spec: EnvironmentSpec) => TemporaryCredentials;
  readonly logs: LogSink;
  /** A connection from inside to the AWS endpoint. */
  readonly onEndpoint: (
    socket: Socket,
    from: { readonly environmentId: string; readonly account: string },
  ) => void;
  readonly outputTurn: OutputTurn;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly initMs: number;
  /** Sandboxes that wait with their interpreter running. */
  readonly pool?: EnvironmentPool;
  /** Of a function that a debugger may attach to. */
  readonly debug?: DebugSession;
}
