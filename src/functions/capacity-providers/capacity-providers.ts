import type { CapacityProvider } from "@aws-sdk/client-lambda";
import { type Log, parseArn, partitionOf, toError } from "../../base/index.ts";
import type { StateStore } from "../../storage/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { DocumentCollection, type Held } from "../collection.ts";
import type { Scope } from "../document.ts";
import { because, foreignAccount } from "../errors.ts";
import type { CapacityProviderDocument } from "./document.ts";

export type CapacityProviderEntry = Held<CapacityProviderDocument>;

/** All capacity providers. They hold no machines: functions run on this one. */
export class CapacityProviders {
  readonly collection: DocumentCollection<CapacityProviderDocument>;
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();

  constructor(options: { readonly state: StateStore; readonly log: Log }) {
    this.collection = new DocumentCollection({
      state: options.state,
      kind: "capacity-provider",
      format: 1,
      log: options.log,
    });
    this.#log = options.log;
  }

  /** Loads all, and goes on with what an earlier run left half way. */
  async open(): Promise<void> {
    await this.collection.open();
    for (const entry of this.collection.all()) this.advance(entry);
  }

  /** Makes a Pending one Active and a Deleting one go, in the background. */
  advance(entry: CapacityProviderEntry): void {
    if (entry.document.state === "Active") return;
    const running = this.#advance(entry).catch((error: unknown) => {
      // The next start finishes it.
      this.#log.error("a capacity provider's state could not be brought forward", {
        capacityProvider: entry.id,
        error: toError(error),
      });
    });
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async close(): Promise<void> {
    await Promise.all(this.#running);
    await this.collection.close();
  }

  async #advance(entry: CapacityProviderEntry): Promise<void> {
    if (entry.document.state === "Deleting") {
      await this.collection.delete(entry, entry.id);
      return;
    }
    await this.collection.update(entry, entry.id, ({ document }) =>
      document.state === "Pending" ? { ...document, state: "Active" } : undefined,
    );
  }
}

/** The name in a capacity provider's name or ARN; an ARN has to be of the caller's account and region. */
export function capacityProviderName(context: RequestContext, given: string | undefined): string {
  const text = given ?? "";
  const arn = parseArn(text);
  if (arn === undefined) return text;
  if (arn.account !== context.account) throw foreignAccount();
  if (arn.region !== context.region) throw because("capacityProviderMissing", { arn: text });
  return arn.resource.slice("capacity-provider:".length);
}

export function findCapacityProvider(
  providers: CapacityProviders,
  context: RequestContext,
  given: string | undefined,
): CapacityProviderEntry {
  const { account, region } = context;
  const name = capacityProviderName(context, given);
  const entry = providers.collection.get({ account, region }, name);
  if (entry === undefined) {
    throw because("capacityProviderMissing", { arn: capacityProviderArn({ account, region }, name) });
  }
  return entry;
}

export function capacityProviderArn({ account, region }: Scope, name: string): string {
  return `arn:${partitionOf(region)}:lambda:${region}:${account}:capacity-provider:${name}`;
}

/** A capacity provider as the API shows it. */
export function describeCapacityProvider(entry: CapacityProviderEntry): CapacityProvider {
  const { name, state, settings, lastModified } = entry.document;
  return {
    CapacityProviderArn: capacityProviderArn(entry, name),
    State: state,
    ...settings,
    LastModified: new Date(lastModified).toISOString().replace("Z", "+0000"),
  };
}
