import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

interface Model {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, ModelShape>>;
}

interface ModelShape {
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly sparse?: boolean;
}

/** Simple types that need no check of their own unless something constrains them. */
const UNCHECKED = new Set(["string", "boolean", "blob", "timestamp", "double", "float"]);

/**
 * Takes lengths, ranges, patterns, enumerations and required members of everything that requests can carry out of a
 * botocore model. `shapes` maps a shape's name to what holds of it; a simple shape of which nothing holds is left
 * out, and so is a member of one. src/wire/validation reads it.
 */
export function generateConstraints(modelFile: string): string {
  const model = JSON.parse(gunzipSync(readFileSync(modelFile)).toString("utf8")) as Model;
  const shapes = new Map<string, Record<string, unknown> | undefined>();
  const inputs: Record<string, string> = {};
  for (const [name, operation] of Object.entries(model.operations).sort(byName)) {
    if (operation.input === undefined) continue;
    inputs[name] = operation.input.shape;
    collect(model, operation.input.shape, shapes);
  }
  const lines = [...shapes]
    .filter(([, shape]) => shape !== undefined)
    .sort(byName)
    .map(([name, shape]) => `${JSON.stringify(name)}:${JSON.stringify(prune(shape ?? {}, shapes))}`);
  return `{"inputs":${JSON.stringify(inputs)},\n"shapes":{\n${lines.join(",\n")}\n}}\n`;
}

function collect(model: Model, name: string, into: Map<string, Record<string, unknown> | undefined>): void {
  if (into.has(name)) return;
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`the model lacks the shape ${name}`);
  const { min, max, pattern, required, sparse } = shape;
  const limits = { min, max, pattern, enum: shape.enum };
  if (UNCHECKED.has(shape.type)) {
    const bare = Object.values(limits).every((limit) => limit === undefined);
    into.set(name, bare ? undefined : { type: shape.type, ...limits });
    return;
  }
  const members =
    shape.members === undefined
      ? undefined
      : Object.fromEntries(Object.entries(shape.members).map(([member, target]) => [member, target.shape]));
  into.set(name, {
    type: shape.type,
    ...limits,
    ...(required === undefined || required.length === 0 ? {} : { required }),
    members,
    ...(shape.member === undefined ? {} : { member: shape.member.shape }),
    ...(shape.key === undefined ? {} : { key: shape.key.shape }),
    ...(shape.value === undefined ? {} : { value: shape.value.shape }),
    ...(sparse === true ? { sparse } : {}),
  });
  for (const target of [...Object.values(shape.members ?? {}), shape.member, shape.key, shape.value]) {
    if (target !== undefined) collect(model, target.shape, into);
  }
}

/** Drops references to shapes of which nothing holds. */
function prune(
  shape: Readonly<Record<string, unknown>>,
  shapes: ReadonlyMap<string, unknown>,
): Record<string, unknown> {
  const { members, ...rest } = shape as { members?: Readonly<Record<string, string>> };
  const kept = Object.entries(rest).filter(
    ([key, value]) =>
      !(["member", "key", "value"].includes(key) && shapes.get(value as string) === undefined),
  );
  const checked = Object.entries(members ?? {}).filter(([, target]) => shapes.get(target) !== undefined);
  return {
    ...Object.fromEntries(kept),
    ...(checked.length === 0 ? {} : { members: Object.fromEntries(checked) }),
  };
}

function byName(one: readonly [string, unknown], other: readonly [string, unknown]): number {
  return one[0] < other[0] ? -1 : 1;
}
