import type { Extension } from "../src/environments/extensions/extension.ts";
import { ExtensionsApi } from "../src/environments/extensions/extensions-api.ts";
import { telemetryApi } from "../src/environments/telemetry/telemetry-api.ts";
import { TelemetryHub } from "../src/environments/telemetry/telemetry-hub.ts";
import { type RawAnswer, RuntimeApiWorld } from "./runtime-api-world.ts";
import type { SeededRandomness } from "./seeded-randomness.ts";
import { SimulatedClock } from "./simulated-clock.ts";

export const RESERVED_PORT = 9_001;

/** The APIs of extensions of one environment on a port; who launches and ends extensions is the test. */
export class ExtensionsApiWorld {
  readonly extensions: ExtensionsApi;
  readonly hub: TelemetryHub;
  readonly subscribed: string[] = [];
  /** Names of extensions, as often as something changed with them. */
  readonly changed: string[] = [];
  readonly #port: RuntimeApiWorld;

  constructor(randomness: SeededRandomness) {
    const onChange = ({ name }: Extension) => this.changed.push(name);
    const of = {
      functionName: "f<1>",
      version: "$LATEST",
      handler: "index.handler",
      account: "123456789012",
    };
    this.extensions = new ExtensionsApi({ onChange }, of, randomness);
    this.extensions.reset();
    this.hub = new TelemetryHub(new SimulatedClock(), {
      connect: () => Promise.reject(new Error("nothing listens in this world")),
      onDropped: () => undefined,
    });
    this.#port = new RuntimeApiWorld([
      this.extensions.route,
      telemetryApi({
        hub: this.hub,
        find: (id) => this.extensions.find(id),
        reservedPorts: () => [RESERVED_PORT],
        onSubscribed: ({ id, name }, subscription) => {
          this.hub.subscribe(id, subscription);
          this.subscribed.push(name);
        },
      }),
    ]);
  }

  async open(): Promise<this> {
    await this.#port.open();
    return this;
  }

  /** Asks on a connection of its own. */
  async ask(
    method: string,
    path: string,
    fields: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<RawAnswer> {
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = await this.#port.client().request(method, path, body, lines.join("")).answer();
    if (answer === undefined) throw new Error(`no answer to ${method} ${path}`);
    return answer;
  }

  register(name: string, body = '{"events":[]}'): Promise<RawAnswer> {
    return this.ask("POST", "/2020-01-01/extension/register", { "Lambda-Extension-Name": name }, body);
  }

  close(): Promise<void> {
    this.hub.close();
    return this.#port.close();
  }
}
