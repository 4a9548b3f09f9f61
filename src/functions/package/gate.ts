/** Lets a few through at a time, the others in order of arrival. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async run<Result>(action: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** Runs the actions of one key one after the other. */
export class KeyedGate {
  readonly #gates = new Map<string, { readonly gate: Gate; users: number }>();

  async run<Result>(key: string, action: () => Promise<Result>): Promise<Result> {
    const held = this.#gates.get(key) ?? { gate: new Gate(1), users: 0 };
    this.#gates.set(key, held);
    held.users++;
    try {
      return await held.gate.run(action);
    } finally {
      if (--held.users === 0) this.#gates.delete(key);
    }
  }
}
