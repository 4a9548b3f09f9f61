/** Longer texts are worked out each time: what clients send must not stay in memory for long. */
const LONGEST_TEXT = 2_048;

/**
 * What a pure function makes of texts that come again and again, as the same clients' requests do. It forgets all of
 * them when it is full. What the function throws is not kept.
 */
export class TextMemo<Value> {
  readonly #of: (text: string) => Value;
  readonly #mostTexts: number;
  readonly #known = new Map<string, Value>();

  constructor(of: (text: string) => Value, mostTexts: number) {
    this.#of = of;
    this.#mostTexts = mostTexts;
  }

  get(text: string): Value {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (text.length > LONGEST_TEXT) return this.#of(text);
    const own = copyOf(text);
    const value = this.#of(own);
    if (this.#known.size >= this.#mostTexts) this.#known.clear();
    this.#known.set(own, value);
    return value;
  }
}

/** A part of a text holds on to all of it in V8: a header's value to its request's whole head. */
export function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
