/**
 * The schema tables of src/wire/generated and what they become in memory. A table numbers every shape; here the
 * numbers are put back as references, so that shapes which contain themselves need no care.
 */

export type ProtocolName =
  | "restJson1"
  | "restXml"
  | "awsJson1_0"
  | "awsJson1_1"
  | "awsQuery"
  | "rpcv2Cbor"
  /** awsJson 1.1 with a CBOR body, as the SDK for Java speaks to Kinesis. */
  | "awsCbor1_1";

/** A table as it is on disk. A reference is a simple type (0 and above) or -(index + 1) of a node. */
export interface SchemaTable {
  readonly namespace: string;
  readonly protocol: ProtocolName;
  readonly version: string;
  readonly target: string;
  readonly xmlNamespace: string;
  readonly queryCompatible?: true;
  readonly operations: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly nodes: readonly (readonly unknown[])[];
}

/** Smithy's, and S3's own form of the first, which always has milliseconds. */
export type TimestampFormat = "date-time" | "date-time-ms" | "http-date" | "epoch-seconds";

/** Smithy's traits by their names there, as far as a server needs them: https://smithy.io/2.0/spec/http-bindings.html */
export interface Traits {
  readonly http?: readonly [method: string, uri: string, status: number];
  readonly httpLabel?: 1;
  readonly httpPayload?: 1;
  readonly httpResponseCode?: 1;
  readonly httpQueryParams?: 1;
  readonly httpQuery?: string;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpError?: number;
  /** The operation takes checksums of its body in headers or trailers. */
  readonly httpChecksum?: string;
  readonly error?: "client" | "server";
  readonly awsQueryError?: readonly [code: string, status: number];
  readonly jsonName?: string;
  readonly xmlName?: string;
  readonly xmlFlattened?: 1;
  readonly xmlAttribute?: 1;
  readonly xmlNamespace?: string | readonly [prefix: string, uri: string];
  readonly streaming?: 1;
  readonly eventPayload?: 1;
  readonly eventHeader?: 1;
  readonly sparse?: 1;
  readonly idempotencyToken?: 1;
}

export type SimpleKind = "string" | "number" | "boolean" | "timestamp" | "blob" | "document";

export interface SimpleShape {
  readonly kind: SimpleKind;
  /** Where the shape prescribes one; else the protocol's own. */
  readonly timestampFormat?: TimestampFormat;
}
export interface ListShape {
  readonly kind: "list";
  readonly element: Target;
}
export interface MapShape {
  readonly kind: "map";
  readonly key: Target;
  readonly value: Target;
}
export interface StructureShape {
  readonly kind: "structure";
  readonly name: string;
  readonly traits: Traits;
  readonly union: boolean;
  readonly members: readonly Member[];
}
export type Shape = SimpleShape | ListShape | MapShape | StructureShape;

/** A shape in the place of its use; `traits` are those of the place over those of the shape. */
export interface Target {
  readonly shape: Shape;
  readonly traits: Traits;
}
export interface Member extends Target {
  readonly name: string;
  readonly required: boolean;
}

export interface OperationModel {
  readonly name: string;
  readonly traits: Traits;
  readonly input: StructureShape;
  readonly output: StructureShape;
}

export interface ServiceModel {
  readonly namespace: string;
  readonly protocol: ProtocolName;
  readonly version: string;
  /** What stands before the dot in X-Amz-Target, and in the paths of rpcv2Cbor. */
  readonly target: string;
  readonly xmlNamespace: string;
  /** Errors also go by the names that they had in the query protocol. */
  readonly queryCompatible: boolean;
  readonly operations: ReadonlyMap<string, OperationModel>;
  readonly errors: ReadonlyMap<string, StructureShape>;
}

const NO_TRAITS: Traits = {};
const UNIT: StructureShape = { kind: "structure", name: "Unit", traits: {}, union: false, members: [] };

/** The bits in which a schema writes traits that have no value. */
const TRAIT_BITS = [
  "httpLabel",
  "idempotent",
  "idempotencyToken",
  "sensitive",
  "httpPayload",
  "httpResponseCode",
  "httpQueryParams",
] as const;

const SIMPLE_SHAPES: Readonly<Record<number, SimpleShape>> = {
  0: { kind: "string" },
  1: { kind: "number" },
  2: { kind: "boolean" },
  4: { kind: "timestamp" },
  5: { kind: "timestamp", timestampFormat: "date-time" },
  6: { kind: "timestamp", timestampFormat: "http-date" },
  7: { kind: "timestamp", timestampFormat: "epoch-seconds" },
  15: { kind: "document" },
  17: { kind: "number" },
  19: { kind: "number" },
  21: { kind: "blob" },
  42: { kind: "blob" },
};
const STREAMING_BLOB = 42;
const LIST_OF = 64;
const MAP_OF = 128;

export function hydrate(table: SchemaTable): ServiceModel {
  const hydrator = new Hydrator(table.nodes);
  return {
    namespace: table.namespace,
    protocol: table.protocol,
    version: table.version,
    target: table.target,
    xmlNamespace: table.xmlNamespace,
    queryCompatible: table.queryCompatible === true,
    operations: new Map(
      Object.entries(table.operations).map(([name, index]) => [name, hydrator.operation(name, index)]),
    ),
    errors: new Map(
      Object.entries(table.errors).map(([name, index]) => [name, hydrator.structure(-(index + 1))]),
    ),
  };
}

class Hydrator {
  readonly #nodes: readonly (readonly unknown[])[];
  readonly #shapes: (Target | undefined)[];

  constructor(nodes: readonly (readonly unknown[])[]) {
    this.#nodes = nodes;
    this.#shapes = Array.from({ length: nodes.length });
  }

  operation(name: string, index: number): OperationModel {
    const node = this.#nodes[index] as readonly unknown[];
    return {
      name,
      traits: readTraits(node[2]),
      input: this.structure(node[3]),
      output: this.structure(node[4]),
    };
  }

  structure(reference: unknown): StructureShape {
    if (reference === null) return UNIT;
    const { shape } = this.#resolve(reference);
    if (shape.kind !== "structure") throw new Error("an operation's input, output or error is no structure");
    return shape;
  }

  #resolve(reference: unknown): Target {
    if (Array.isArray(reference)) {
      const inner = this.#resolve(reference[0]);
      return { shape: inner.shape, traits: merge(inner.traits, readTraits(reference[1])) };
    }
    if (typeof reference !== "number") return { shape: UNIT, traits: NO_TRAITS };
    if (reference >= 0) return simple(reference);
    const index = -reference - 1;
    return this.#shapes[index] ?? this.#node(index);
  }

  #node(index: number): Target {
    const [kind, name, rawTraits, ...rest] = this.#nodes[index] as readonly unknown[];
    const traits = readTraits(rawTraits);
    if (kind === 0) {
      const inner = simple(rest[0] as number);
      return this.#keep(index, { shape: inner.shape, traits: merge(inner.traits, traits) });
    }
    // Known before its parts are resolved, because they may lead back to it.
    if (kind === 1) {
      const shape: { kind: "list"; element: Target } = { kind: "list", element: simple(0) };
      const target = this.#keep(index, { shape, traits });
      shape.element = this.#resolve(rest[0]);
      return target;
    }
    if (kind === 2) {
      const shape: { kind: "map"; key: Target; value: Target } = {
        kind: "map",
        key: simple(0),
        value: simple(0),
      };
      const target = this.#keep(index, { shape, traits });
      shape.key = this.#resolve(rest[0]);
      shape.value = this.#resolve(rest[1]);
      return target;
    }
    const members: Member[] = [];
    const target = this.#keep(index, {
      shape: { kind: "structure", name: name as string, traits, union: kind === 4, members },
      traits,
    });
    const [names, targets, required] = rest as [string[], unknown[], number];
    names.forEach((member, position) => {
      members.push({
        name: member,
        required: position < required,
        ...this.#resolve(targets[position]),
      });
    });
    return target;
  }

  #keep(index: number, target: Target): Target {
    this.#shapes[index] = target;
    return target;
  }
}

function simple(type: number): Target {
  if (type >= MAP_OF) {
    return {
      shape: { kind: "map", key: simple(0), value: simple(type - MAP_OF) },
      traits: NO_TRAITS,
    };
  }
  if (type >= LIST_OF) return { shape: { kind: "list", element: simple(type - LIST_OF) }, traits: NO_TRAITS };
  const shape = SIMPLE_SHAPES[type];
  if (shape === undefined) throw new Error(`a simple type of the unknown number ${type}`);
  return { shape, traits: type === STREAMING_BLOB ? { streaming: 1 } : NO_TRAITS };
}

function readTraits(raw: unknown): Traits {
  if (typeof raw === "object" && raw !== null) return raw;
  if (typeof raw !== "number" || raw === 0) return NO_TRAITS;
  const traits: Record<string, 1> = {};
  TRAIT_BITS.forEach((trait, bit) => {
    if ((raw >> bit) & 1) traits[trait] = 1;
  });
  return traits;
}

function merge(own: Traits, place: Traits): Traits {
  if (own === NO_TRAITS) return place;
  if (place === NO_TRAITS) return own;
  return { ...own, ...place };
}
