import { type Clock, meteringLimits, type Timer } from "../base/index.ts";
import type { UsageLedger, UsageRow, UsageSubject } from "./interfaces.ts";
import { paidWith } from "./usage-totals.ts";

/** What is kept ready of one version, by that or by an alias. */
export interface ProvisionedAllotment {
  readonly target: UsageSubject;
  readonly requested: number;
}

export interface ProvisionedMeterOptions {
  /** Functions for which something is provisioned, by ARN; for the start. */
  readonly functions: () => readonly string[];
  readonly allotments: (functionArn: string) => readonly ProvisionedAllotment[];
  readonly onChange: (listener: (functionArn: string) => void) => void;
  readonly ledger: Pick<UsageLedger, "appendProvisioned" | "paidProvisioned">;
  readonly clock: Clock;
}

type Paid = NonNullable<UsageRow["paid"]>;

/**
 * Charges provisioned concurrency from the moment it is asked for until it no longer is, in steps of five minutes as AWS
 * does: each is written to the ledger when it begins, so that an end of any kind within it neither loses nor repeats it.
 * What is added within a step is charged from then to its end.
 */
export class ProvisionedMeter {
  readonly #options: ProvisionedMeterOptions;
  readonly #paid = new Map<string, Paid>();
  readonly #functions = new Set<string>();
  #timer: Timer | undefined;

  constructor(options: ProvisionedMeterOptions) {
    this.#options = options;
    for (const row of options.ledger.paidProvisioned()) {
      if (row.paid === undefined) continue;
      const key = keyOf({ ...row, name: row.functionName });
      this.#paid.set(key, paidWith(this.#paid.get(key), row.paid));
    }
    options.onChange((functionArn) => {
      this.#functions.add(functionArn);
      this.#charge();
    });
  }

  start(): void {
    for (const functionArn of this.#options.functions()) this.#functions.add(functionArn);
    this.#charge();
  }

  close(): void {
    this.#timer?.cancel();
    this.#functions.clear();
  }

  #charge(): void {
    const { allotments, ledger, clock } = this.#options;
    const now = clock.now();
    for (const [key, { endsAt }] of this.#paid) if (endsAt <= now) this.#paid.delete(key);
    let next = Number.POSITIVE_INFINITY;
    for (const functionArn of this.#functions) {
      const wanted = allotments(functionArn);
      if (wanted.length === 0) this.#functions.delete(functionArn);
      for (const { target: subject, requested } of wanted) {
        const key = keyOf(subject);
        const paid = this.#paid.get(key) ?? {
          endsAt: now + meteringLimits.provisionedStepMs,
          concurrency: 0,
        };
        const concurrency = requested - paid.concurrency;
        if (concurrency > 0) {
          ledger.appendProvisioned({ subject, startedAt: now, endsAt: paid.endsAt, concurrency });
          this.#paid.set(key, { endsAt: paid.endsAt, concurrency: requested });
        }
        next = Math.min(next, paid.endsAt);
      }
    }
    this.#timer?.cancel();
    this.#timer = Number.isFinite(next) ? clock.after(next - now, () => this.#charge()) : undefined;
  }
}

function keyOf(subject: Pick<UsageSubject, "account" | "region" | "name" | "version" | "alias">): string {
  const { account, region, name, version, alias = "" } = subject;
  return `${account} ${region} ${name} ${version} ${alias}`;
}
