/** Where in its life a server is. */
export type Phase = "starting" | "ready" | "draining";

export class PhaseHolder {
  current: Phase = "starting";

  get ready(): boolean {
    return this.current === "ready";
  }
}
