/** Why a deployment package is refused: broken or hostile, without content, or too large when unpacked. */
export type PackageFault = "broken" | "empty" | "too-large";

/** A deployment package that is refused. The message is for the server's log; callers get the service's words. */
export class BadPackage extends Error {
  override readonly name = "BadPackage";
  readonly fault: PackageFault;

  constructor(fault: PackageFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Throws BadPackage as broken unless `condition` holds. */
export function demand(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BadPackage("broken", message);
}
