import { invariant, type Log } from "../../base/index.ts";
import type { StateStore } from "../../storage/index.ts";
import { DocumentCollection, type Held } from "../collection.ts";
import type { Scope } from "../document.ts";
import { KeyedGate } from "../package/gate.ts";
import { type LayerHead, type LayerName, type LayerVersion, layerArn } from "./layer.ts";

type ChangeListener = (before: LayerVersion | undefined, after: LayerVersion | undefined) => void;

/**
 * All layers. A version's number is stored as given away before the version itself is, so that a crash may lose a number
 * but never gives one twice.
 */
export class LayerRepository {
  readonly #heads: DocumentCollection<LayerHead>;
  readonly #versions: DocumentCollection<LayerVersion>;
  /** By the layer's ARN, then by number. */
  readonly #byLayer = new Map<string, Map<number, LayerVersion>>();
  readonly #codeBytes = new Map<string, number>();
  /** Numbers of one layer are given one after the other. */
  readonly #publishing = new KeyedGate();

  constructor(options: {
    readonly state: StateStore;
    readonly log: Log;
    readonly onChange: ChangeListener;
  }) {
    const { state, log } = options;
    this.#heads = new DocumentCollection({ state, kind: "layer", format: 1, log });
    this.#versions = new DocumentCollection({ state, kind: "layer-version", format: 1, log });
    this.#versions.onChange((before, after) => {
      this.#index(before, after);
      options.onChange(before?.document, after?.document);
    });
  }

  async open(): Promise<void> {
    await this.#heads.open();
    await this.#versions.open();
  }

  async close(): Promise<void> {
    await this.#heads.close();
    await this.#versions.close();
  }

  get(layer: LayerName, version: number): LayerVersion | undefined {
    return this.#versions.get(layer, idOf(layer.name, version))?.document;
  }

  /** Versions of a layer, the newest first. */
  versions(layer: LayerName): LayerVersion[] {
    const versions = this.#byLayer.get(layerArn(layer))?.values() ?? [];
    return [...versions].sort((a, b) => b.version - a.version);
  }

  /** Names of the layers of a scope, in order; also of those whose versions are all deleted. */
  names(scope: Scope): string[] {
    return [...this.#heads.list(scope)].map(({ id }) => id);
  }

  /** What the archives of all layer versions of a scope add up to. */
  codeBytes({ account, region }: Scope): number {
    return this.#codeBytes.get(`${account}/${region}`) ?? 0;
  }

  /** Stores a version under the next number. */
  publish(layer: LayerName, content: Omit<LayerVersion, "format" | "version">): Promise<LayerVersion> {
    return this.#publishing.run(layerArn(layer), async () => {
      const version = await this.#takeNumber(layer);
      const document: LayerVersion = { format: 1, version, ...content };
      const created = await this.#versions.create(layer, idOf(layer.name, version), document);
      invariant(created !== undefined, "a layer version's number was given before");
      return document;
    });
  }

  /** Stores what `change` makes of a version; undefined if there is none. */
  async update(
    layer: LayerName,
    version: number,
    change: (present: LayerVersion) => LayerVersion,
  ): Promise<LayerVersion | undefined> {
    const id = idOf(layer.name, version);
    return (await this.#versions.update(layer, id, ({ document }) => change(document)))?.document;
  }

  /** Also fine if there is no such version. */
  async delete(layer: LayerName, version: number): Promise<void> {
    await this.#versions.delete(layer, idOf(layer.name, version));
  }

  async #takeNumber(layer: LayerName): Promise<number> {
    const first = await this.#heads.create(layer, layer.name, { format: 1, nextVersion: 2 });
    if (first !== undefined) return 1;
    let version = 0;
    await this.#heads.update(layer, layer.name, ({ document }) => {
      version = document.nextVersion;
      return { ...document, nextVersion: version + 1 };
    });
    return version;
  }

  #index(before: Held<LayerVersion> | undefined, after: Held<LayerVersion> | undefined): void {
    const held = after ?? before;
    if (held === undefined) return;
    const { account, region, id, document } = held;
    const arn = layerArn({ account, region, name: id.slice(id.indexOf("-") + 1) });
    const versions = this.#byLayer.get(arn) ?? new Map<number, LayerVersion>();
    this.#byLayer.set(arn, versions);
    if (after === undefined) versions.delete(document.version);
    else versions.set(document.version, document);
    const grown = (after?.document.code.sizeBytes ?? 0) - (before?.document.code.sizeBytes ?? 0);
    this.#codeBytes.set(`${account}/${region}`, this.codeBytes(held) + grown);
  }
}

/** The number comes first, because names may have hyphens. */
function idOf(name: string, version: number): string {
  return `${version}-${name}`;
}
