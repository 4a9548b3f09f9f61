import { invariant } from "../../base/index.ts";
import type { Json, Revision, StateStore } from "../../storage/index.ts";
import type { Scope } from "../document.ts";
import { entriesOf, scopesOf } from "../loading.ts";
import { KeyedGate } from "../package/gate.ts";
import {
  decodeLayer,
  headKey,
  type LayerHead,
  type LayerName,
  type LayerVersion,
  parseLayerKey,
  versionKey,
} from "./layer.ts";

interface Held<Value> {
  readonly value: Value;
  readonly rev: Revision;
}

interface Layer {
  readonly name: string;
  head: Held<LayerHead>;
  /** By number, in ascending order. */
  readonly versions: Map<number, Held<LayerVersion>>;
}

type ChangeListener = (before: LayerVersion | undefined, after: LayerVersion | undefined) => void;

/**
 * All layers, in memory and in the state store. A version's number is stored as given away before the version itself is,
 * so that a crash may lose a number but never gives one twice.
 */
export class LayerRepository {
  readonly #state: StateStore;
  readonly #onChange: ChangeListener;
  readonly #layers = new Map<string, Map<string, Layer>>();
  readonly #codeBytes = new Map<string, number>();
  /** One writer of a layer at a time. */
  readonly #writing = new KeyedGate();

  constructor(state: StateStore, onChange: ChangeListener) {
    this.#state = state;
    this.#onChange = onChange;
  }

  async open(): Promise<void> {
    for await (const prefix of scopesOf(this.#state)) {
      const [account = "", region = ""] = prefix.split("/");
      const scope = { account, region };
      for await (const { key, value, rev } of entriesOf(this.#state, `${prefix}/lambda/layer/`)) {
        const { name } = parseLayerKey(key);
        this.#scope(scope).set(name, { name, head: { value: decodeLayer(value), rev }, versions: new Map() });
      }
      const versions: { layer: LayerName; held: Held<LayerVersion> }[] = [];
      for await (const { key, value, rev } of entriesOf(this.#state, `${prefix}/lambda/layer-version/`)) {
        const { name } = parseLayerKey(key);
        versions.push({ layer: { ...scope, name }, held: { value: decodeLayer(value), rev } });
      }
      versions.sort((a, b) => a.held.value.version - b.held.value.version);
      for (const { layer, held } of versions) this.#place(layer, held.value.version, held);
    }
  }

  get(layer: LayerName, version: number): LayerVersion | undefined {
    return this.#layer(layer)?.versions.get(version)?.value;
  }

  /** Versions of a layer, the newest first. */
  versions(layer: LayerName): LayerVersion[] {
    return [...(this.#layer(layer)?.versions.values() ?? [])].map(({ value }) => value).toReversed();
  }

  /** Names of the layers of a scope that have versions, in order. */
  names(scope: Scope): string[] {
    const layers = [...this.#scope(scope).values()].filter(({ versions }) => versions.size > 0);
    return layers.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1));
  }

  /** What the archives of all layer versions of a scope add up to. */
  codeBytes(scope: Scope): number {
    return this.#codeBytes.get(`${scope.account}/${scope.region}`) ?? 0;
  }

  /** Stores a version under the next number. */
  publish(layer: LayerName, content: Omit<LayerVersion, "format" | "version">): Promise<LayerVersion> {
    return this.#writing.run(headKey(layer), async () => {
      const head = this.#layer(layer)?.head;
      const version = head?.value.nextVersion ?? 1;
      const next: LayerHead = { format: 1, nextVersion: version + 1 };
      const headRev = await this.#put(headKey(layer), next, head?.rev ?? "absent");
      const present = this.#layer(layer);
      if (present === undefined) {
        const created = { name: layer.name, head: { value: next, rev: headRev }, versions: new Map() };
        this.#scope(layer).set(layer.name, created);
      } else {
        present.head = { value: next, rev: headRev };
      }
      const value: LayerVersion = { format: 1, version, ...content };
      const rev = await this.#put(versionKey(layer, version), value, "absent");
      this.#place(layer, version, { value, rev });
      return value;
    });
  }

  /** Stores what `change` makes of a version; undefined if there is none. */
  update(
    layer: LayerName,
    version: number,
    change: (present: LayerVersion) => LayerVersion,
  ): Promise<LayerVersion | undefined> {
    return this.#writing.run(headKey(layer), async () => {
      const present = this.#layer(layer)?.versions.get(version);
      if (present === undefined) return undefined;
      const value = change(present.value);
      const rev = await this.#put(versionKey(layer, version), value, present.rev);
      this.#place(layer, version, { value, rev });
      return value;
    });
  }

  /** Also fine if there is no such version. */
  delete(layer: LayerName, version: number): Promise<void> {
    return this.#writing.run(headKey(layer), async () => {
      if (this.get(layer, version) === undefined) return;
      await this.#state.delete(versionKey(layer, version));
      this.#place(layer, version, undefined);
    });
  }

  #put(key: string, value: LayerHead | LayerVersion, ifRev: Revision | "absent"): Promise<Revision> {
    return this.#state.put(key, value as unknown as Json, { ifRev });
  }

  #place(layer: LayerName, version: number, held: Held<LayerVersion> | undefined): void {
    const present = this.#layer(layer);
    invariant(present !== undefined, "a version of a layer that there is not");
    const before = present.versions.get(version)?.value;
    if (held === undefined) present.versions.delete(version);
    else present.versions.set(version, held);
    const scope = `${layer.account}/${layer.region}`;
    const grown = (held?.value.code.sizeBytes ?? 0) - (before?.code.sizeBytes ?? 0);
    this.#codeBytes.set(scope, (this.#codeBytes.get(scope) ?? 0) + grown);
    this.#onChange(before, held?.value);
  }

  #layer(layer: LayerName): Layer | undefined {
    return this.#scope(layer).get(layer.name);
  }

  #scope(scope: Scope): Map<string, Layer> {
    const key = `${scope.account}/${scope.region}`;
    const layers = this.#layers.get(key) ?? new Map<string, Layer>();
    this.#layers.set(key, layers);
    return layers;
  }
}
