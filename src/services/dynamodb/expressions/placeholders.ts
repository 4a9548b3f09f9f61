import { ServiceError } from "../../../base/index.ts";
import { invalid } from "../errors.ts";
import type { AttributeValue } from "../model.ts";
import { readValue, requireObject, requireString } from "../values/attribute-value.ts";

/** ExpressionAttributeNames and ExpressionAttributeValues of one request, and which of them were used. */
export class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, AttributeValue>();
  readonly #unusedNames = new Set<string>();
  readonly #unusedValues = new Set<string>();

  constructor(names: unknown, values: unknown) {
    if (names !== undefined && names !== null) this.#readNames(names);
    if (values !== undefined && values !== null) this.#readValues(values);
  }

  #readNames(input: unknown): void {
    const entries = Object.entries(requireObject(input));
    if (entries.length === 0) throw invalid("ExpressionAttributeNames must not be empty");
    for (const [key, name] of entries) {
      if (!/^#[0-9a-zA-Z_]+$/.test(key)) {
        throw invalid(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${key}"`);
      }
      this.#names.set(key, requireString(name));
      this.#unusedNames.add(key);
    }
  }

  #readValues(input: unknown): void {
    const entries = Object.entries(requireObject(input));
    if (entries.length === 0) throw invalid("ExpressionAttributeValues must not be empty");
    for (const [key] of entries) {
      if (!/^:[0-9a-zA-Z_]+$/.test(key)) {
        throw invalid(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${key}"`);
      }
      this.#unusedValues.add(key);
    }
    for (const [key, value] of entries) this.#values.set(key, readExpressionValue(key, value));
  }

  /** The attribute name behind `#name`; undefined if the caller gave none. */
  name(placeholder: string): string | undefined {
    this.#unusedNames.delete(placeholder);
    return this.#names.get(placeholder);
  }

  value(placeholder: string): AttributeValue | undefined {
    this.#unusedValues.delete(placeholder);
    return this.#values.get(placeholder);
  }

  /** Refuses what no expression used. */
  finish(): void {
    for (const [parameter, unused] of [
      ["ExpressionAttributeNames", this.#unusedNames],
      ["ExpressionAttributeValues", this.#unusedValues],
    ] as const) {
      if (unused.size > 0) {
        throw invalid(
          `Value provided in ${parameter} unused in expressions: keys: {${[...unused].join(", ")}}`,
        );
      }
    }
  }
}

function readExpressionValue(key: string, value: unknown): AttributeValue {
  try {
    return readValue(value);
  } catch (error) {
    if (error instanceof ServiceError && error.code === "ValidationException") {
      throw invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`);
    }
    throw error;
  }
}
