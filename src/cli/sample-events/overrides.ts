type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Objects are merged member by member, lists element by element; anything else replaces what was there. */
export function merged(base: Json, over: Json): Json {
  if (Array.isArray(base) && Array.isArray(over)) {
    const length = Math.max(base.length, over.length);
    return Array.from({ length }, (_, at) => {
      const [below, above] = [base[at], over[at]];
      if (above === undefined) return below ?? null;
      return below === undefined ? above : merged(below, above);
    });
  }
  if (!isObject(base) || !isObject(over)) return over;
  const result = new Map(Object.entries(base));
  for (const [name, value] of Object.entries(over)) {
    const present = result.get(name);
    result.set(name, present === undefined ? value : merged(present, value));
  }
  return Object.fromEntries(result);
}

/** What `a.b[0]=VALUE` overrides; the value is JSON if it can be, else text. Undefined for what is no path. */
export function pathOverride(path: string, text: string): Json | undefined {
  const steps = path.match(/[^.[\]]+|\[\d+\]/g);
  if (steps === null || !/^[^.[\]]+(\.[^.[\]]+|\[\d+\])+$/.test(path)) return undefined;
  return steps.reduceRight<Json>((value, step) => {
    if (!step.startsWith("[")) return Object.fromEntries([[step, value]]);
    const list: Json[] = Array.from({ length: Number(step.slice(1, -1)) + 1 }, () => ({}));
    list[list.length - 1] = value;
    return list;
  }, valueOf(text));
}

function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
