import { functionLimits } from "../../base/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import type { FunctionDocument } from "../document.ts";
import type { FunctionEntry } from "../entry.ts";
import { because } from "../errors.ts";
import { committed, totalProvisioned, unreserved } from "./ledger.ts";

const least = functionLimits.unreservedConcurrencyLeast;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
export function demandReservable(plane: ControlPlane, entry: FunctionEntry, asked: number): void {
  if (asked > committed(entry.document) && leftToOthers(plane, entry) - asked < least) {
    throw because("reservedTooMuch", { least });
  }
  const provisioned = totalProvisioned(entry.document);
  if (asked < provisioned) throw because("reservedBelowProvisioned", { asked, provisioned });
}

/**
 * Whether a version or alias may have `asked` provisioned environments, in place of those that it has.
 * https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
 */
export function demandProvisionable(
  plane: ControlPlane,
  entry: FunctionEntry,
  provisioned: NonNullable<FunctionDocument["provisioned"]>,
  asked: number,
): void {
  const total = totalProvisioned({ provisioned });
  const { reservedConcurrency } = entry.document;
  if (reservedConcurrency !== undefined) {
    if (total > reservedConcurrency) throw because("provisionedAboveReserved");
    return;
  }
  if (total <= totalProvisioned(entry.document)) return;
  const left = leftToOthers(plane, entry) - (total - asked);
  if (asked > left) throw because("provisionedAboveUnreserved", { left });
  if (left - asked < least) throw because("provisionedTooMuch", { least });
}

/** What would be unreserved if this function had nothing for itself. */
function leftToOthers(plane: ControlPlane, entry: FunctionEntry): number {
  return unreserved(plane.repository.committedConcurrency(entry) - committed(entry.document));
}
