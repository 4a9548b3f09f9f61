import type { Scope } from "../document.ts";

/**
 * Lets one change at a time commit concurrency of an account and region: each counts what all the others have, so two
 * at once could take the same.
 */
export class CommitmentTurns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<Result>(scope: Scope, change: () => Promise<Result>): Promise<Result> {
    const key = `${scope.account}/${scope.region}`;
    const before = this.#last.get(key);
    const mine = (async () => {
      await before;
      return change();
    })();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
