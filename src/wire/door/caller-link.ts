import type { ServerResponse } from "node:http";

/** Who waits for an answer. */
export interface CallerLink {
  readonly gone: boolean;
  /** Called once the caller can get no answer any more, unless it got all of it. */
  onGone(listener: () => void): void;
}

/** Whoever gets a response of Node's server. */
export function linkOf(response: ServerResponse): CallerLink {
  return {
    get gone() {
      return response.destroyed;
    },
    onGone(listener) {
      response.once("close", () => {
        if (!response.writableFinished) listener();
      });
    },
  };
}
