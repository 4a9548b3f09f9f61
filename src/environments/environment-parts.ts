import type { Log } from "../base/index.ts";
import type { Runtime } from "../runtimes/index.ts";
import type { EnvironmentContext } from "./environment-context.ts";
import { furtherApis } from "./further-apis.ts";
import { EnvironmentLost, type EnvironmentSpec } from "./interfaces.ts";
import { type LaunchSpec, launchSpec } from "./launch.ts";
import { EnvironmentLogStream, logStreamName } from "./logs/log-stream.ts";
import type { Sandbox, SandboxAddresses } from "./sandbox/index.ts";
import { StartProfile } from "./start-profile.ts";
import { Supervisor } from "./supervisor.ts";
import { TelemetryHub } from "./telemetry/telemetry-hub.ts";

/** What an environment has from its beginning to its end, before it has a sandbox, too. */
export interface EnvironmentParts {
  readonly id: string;
  readonly spec: EnvironmentSpec;
  readonly runtime: Runtime;
  readonly context: EnvironmentContext;
  readonly log: Log;
  readonly stream: EnvironmentLogStream;
  readonly streamName: string;
  readonly telemetry: TelemetryHub;
  readonly supervisor: Supervisor;
  readonly profile: StartProfile;
  /** What its inits start in a sandbox with these addresses. */
  readonly launch: (addresses: SandboxAddresses) => Promise<LaunchSpec>;
}

/** `sandbox` is asked for the sandbox whenever something wants in; undefined before there is one. */
export function environmentParts(
  id: string,
  spec: EnvironmentSpec,
  runtime: Runtime,
  context: EnvironmentContext,
  sandbox: () => Sandbox | undefined,
): EnvironmentParts {
  const { clock, credentials, debug, randomness } = context;
  const log = context.log.with({ environment: id, function: spec.functionArn, version: spec.version });
  const streamName = logStreamName(spec, clock.now(), randomness.hex(32));
  const telemetry = new TelemetryHub(clock, {
    connect: async (port) => {
      const there = sandbox();
      if (there === undefined) throw new EnvironmentLost(`environment ${id} is not there`);
      return there.connect(port);
    },
    onDropped: (record) => stream.dropped(record),
  });
  const stream = new EnvironmentLogStream(context.logs, clock, spec, streamName, telemetry);
  const metadataToken = randomness.hex(64);
  const credentialsToken = spec.initialization === "snap-start" ? randomness.uuid() : undefined;
  const supervisor = new Supervisor({
    clock,
    randomness,
    outputTurn: context.outputTurn,
    log: stream,
    serverLog: log,
    of: spec,
    snapshots: spec.initialization === "snap-start",
    furtherApis: furtherApis({
      region: spec.region,
      metadataToken,
      credentialsToken,
      credentials: () => credentials(spec),
      hub: telemetry,
      stream,
      findExtension: (extensionId) => supervisor.extensions.find(extensionId),
      sandbox,
    }),
  });
  const launch = ({ runtimeApiAddress, endpointUrl }: SandboxAddresses) =>
    launchSpec({
      spec,
      runtime,
      credentials: credentials(spec),
      logStream: streamName,
      runtimeApiAddress,
      endpointUrl,
      metadataToken,
      ...(debug === undefined ? {} : { debugPort: debug.port }),
      ...(credentialsToken === undefined ? {} : { credentialsToken }),
    });
  const profile = new StartProfile(clock);
  return { id, spec, runtime, context, log, stream, streamName, telemetry, supervisor, profile, launch };
}
