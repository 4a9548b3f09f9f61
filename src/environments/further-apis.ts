import type { TemporaryCredentials } from "../base/index.ts";
import type { Extension } from "./extensions/extension.ts";
import type { EnvironmentLogStream } from "./logs/log-stream.ts";
import { credentialsApi } from "./runtime-api/credentials.ts";
import { metadataApi } from "./runtime-api/metadata.ts";
import type { FurtherApi } from "./runtime-api/runtime-api.ts";
import type { Sandbox } from "./sandbox/index.ts";
import { telemetryApi } from "./telemetry/telemetry-api.ts";
import type { TelemetryHub } from "./telemetry/telemetry-hub.ts";

export interface FurtherApisOptions {
  readonly region: string;
  readonly metadataToken: string;
  /** Of environments that ask for their credentials. */
  readonly credentialsToken: string | undefined;
  readonly credentials: () => TemporaryCredentials;
  readonly hub: TelemetryHub;
  readonly stream: EnvironmentLogStream;
  readonly findExtension: (extensionId: string) => Extension | undefined;
  /** Undefined until there is one. */
  readonly sandbox: () => Sandbox | undefined;
}

/** What an environment serves at the address of its Runtime API beside the runtime and the extensions. */
export function furtherApis(options: FurtherApisOptions): FurtherApi[] {
  const { credentials, credentialsToken, hub, metadataToken, region, sandbox, stream } = options;
  return [
    metadataApi(metadataToken, region),
    ...(credentialsToken === undefined ? [] : [credentialsApi(credentialsToken, credentials)]),
    telemetryApi({
      hub,
      find: options.findExtension,
      reservedPorts: () => portsOfPlatform(sandbox()),
      onSubscribed: ({ id, name }, subscription) => {
        hub.subscribe(id, subscription);
        const { api, types } = subscription;
        const record = { name, state: "Subscribed", types } as const;
        stream.platform({ type: `platform.${api}Subscription`, record });
      },
    }),
  ];
}

function portsOfPlatform(sandbox: Sandbox | undefined): number[] {
  if (sandbox === undefined) return [];
  const { port } = new URL(sandbox.endpointUrl);
  return [Number(sandbox.runtimeApiAddress.split(":").at(-1)), Number(port)];
}
