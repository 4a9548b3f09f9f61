/** What references of a template come to; undefined for what is not known. */
export type Resolve = (reference: string, attribute?: string) => unknown;

/**
 * Replaces the intrinsic functions that can be told without a deployment: Ref, Fn::Sub, Fn::GetAtt, Fn::Join, Fn::Select,
 * Fn::FindInMap and Fn::If. What can't be told becomes undefined, and `onUnknown` hears of it.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export function withoutIntrinsics(value: unknown, context: IntrinsicContext): unknown {
  const plain = (inner: unknown): unknown => withoutIntrinsics(inner, context);
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const [name = "", argument] = Object.entries(value)[0] ?? [];
  if (Object.keys(value).length !== 1 || !(name === "Ref" || name.startsWith("Fn::"))) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  const found = evaluate(name, argument, plain, context);
  if (found === undefined) context.onUnknown(`${name} ${JSON.stringify(argument)}`);
  return found === NO_VALUE ? undefined : found;
}

/** What a template gives its intrinsic functions to work on. */
export interface IntrinsicContext {
  readonly resolve: Resolve;
  /** The sections `Mappings` and `Conditions`. */
  readonly mappings: unknown;
  readonly conditions: unknown;
  readonly onUnknown: (what: string) => void;
}

/** What `AWS::NoValue` is. */
export const NO_VALUE = Symbol("AWS::NoValue");

function evaluate(
  name: string,
  argument: unknown,
  plain: (value: unknown) => unknown,
  { resolve, mappings, conditions }: IntrinsicContext,
): unknown {
  switch (name) {
    case "Ref":
      return resolve(String(argument));
    case "Fn::GetAtt": {
      const [resource = "", ...attribute] = Array.isArray(argument)
        ? argument.map(String)
        : String(argument).split(".");
      return resolve(resource, attribute.join("."));
    }
    case "Fn::Sub": {
      const [template, own] = Array.isArray(argument) ? argument : [argument, {}];
      return substitute(String(template), plain(own), resolve);
    }
    case "Fn::Join": {
      const [separator, parts] = Array.isArray(argument) ? argument : [];
      const texts: unknown = plain(parts);
      if (!Array.isArray(texts) || texts.includes(undefined)) return undefined;
      return texts.join(String(separator));
    }
    case "Fn::Select": {
      const [index, list] = Array.isArray(argument) ? argument : [];
      const items: unknown = plain(list);
      return Array.isArray(items) ? items[Number(plain(index))] : undefined;
    }
    case "Fn::FindInMap": {
      const keys: unknown = plain(argument);
      if (!Array.isArray(keys)) return undefined;
      return keys.reduce<unknown>((at, key) => (isObject(at) ? at[String(key)] : undefined), mappings);
    }
    case "Fn::If": {
      const [condition, met, otherwise] = Array.isArray(argument) ? argument : [];
      const holds = isMet({ Condition: condition }, plain, conditions);
      return holds === undefined ? undefined : plain(holds ? met : otherwise);
    }
    default:
      return undefined;
  }
}

/** Whether a condition holds; undefined if that can't be told. */
function isMet(
  condition: unknown,
  plain: (value: unknown) => unknown,
  conditions: unknown,
): boolean | undefined {
  const [name = "", argument] = Object.entries(isObject(condition) ? condition : {})[0] ?? [];
  if (name === "Condition") {
    // Without itself, so that one which leans on itself can't be told.
    const { [String(argument)]: named, ...others } = isObject(conditions) ? conditions : {};
    return isMet(named, plain, others);
  }
  const items: readonly unknown[] = Array.isArray(argument) ? argument : [];
  if (name === "Fn::Equals") {
    const [one, other] = items.map(plain);
    // CloudFormation compares texts: `true` in YAML is "true".
    return one === undefined || other === undefined ? undefined : textOf(one) === textOf(other);
  }
  const all = items.map((item) => isMet(item, plain, conditions));
  if (all.length === 0 || all.includes(undefined)) return undefined;
  if (name === "Fn::Not") return all[0] === false;
  if (name === "Fn::And") return all.every((one) => one === true);
  return name === "Fn::Or" ? all.includes(true) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function substitute(template: string, own: unknown, resolve: Resolve): string | undefined {
  let unknown = false;
  const text = template.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal === "!") return `\${${name}}`;
    const [resource = "", ...attribute] = name.trim().split(".");
    const given = isObject(own) ? own[name.trim()] : undefined;
    const found =
      given ?? (attribute.length === 0 ? resolve(resource) : resolve(resource, attribute.join(".")));
    if (found === undefined) unknown = true;
    return typeof found === "string" || typeof found === "number" ? String(found) : "";
  });
  return unknown ? undefined : text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
