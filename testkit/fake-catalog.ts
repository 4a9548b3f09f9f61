import { functionArn, parseArn, ServiceError } from "../src/base/index.ts";
import type {
  AsynchronousSettings,
  FunctionCatalog,
  FunctionConcurrency,
  ProvisionedReport,
  ResolvedFunction,
} from "../src/functions/index.ts";

type Listener = Parameters<FunctionCatalog["onSuperseded"]>[0];

const NO_CONCURRENCY: FunctionConcurrency = { reserved: undefined, provisioned: [] };
const DEFAULT_ASYNCHRONOUS: AsynchronousSettings = {
  maximumRetryAttempts: 2,
  maximumEventAgeSeconds: 21_600,
};

/** Functions that exist only in a test. Names may be plain or full ARNs, with or without qualifier. */
export class FakeCatalog implements FunctionCatalog {
  readonly #functions = new Map<string, ResolvedFunction>();
  readonly #listeners: Listener[] = [];
  readonly #concurrency = new Map<string, FunctionConcurrency>();
  readonly #concurrencyListeners: ((functionArn: string) => void)[] = [];
  readonly #asynchronous = new Map<string, AsynchronousSettings>();
  /** What invoke reported, in order. */
  readonly reports: ProvisionedReport[] = [];
  accountConcurrency = 1_000;
  /** Generations given out so far; the next one is `generation-N`. */
  generations = 0;
  /** What `authorize` says of functions that exist. */
  verdict: "ok" | "forbidden" = "ok";

  /** Creates a function or changes it, which gives it a new generation. */
  put(name: string, changes: Partial<ResolvedFunction> = {}): ResolvedFunction {
    const account = changes.account ?? "000000000000";
    const region = changes.region ?? "us-east-1";
    const arn = functionArn(account, region, name);
    const before = this.#functions.get(arn);
    const current: ResolvedFunction = {
      account,
      region,
      name,
      version: "$LATEST",
      arn,
      invokedArn: arn,
      generation: `generation-${++this.generations}`,
      runtime: "nodejs24.x",
      handler: "index.handler",
      architecture: "x86_64",
      memoryMiB: 128,
      timeoutMs: 3_000,
      ephemeralStorageMiB: 512,
      environment: {},
      roleArn: `arn:aws:iam::${account}:role/r`,
      logGroup: `/aws/lambda/${name}`,
      codeSha256: "00",
      recursiveLoop: "Terminate",
      tags: {},
      layerSha256s: [],
      logFormat: "Text",
      ...changes,
    };
    this.#functions.set(arn, current);
    if (before !== undefined) this.#announce(before);
    return current;
  }

  remove(name: string): void {
    const arn = functionArn("000000000000", "us-east-1", name);
    const before = this.#functions.get(arn);
    if (before === undefined) throw new Error(`no function ${name}`);
    this.#functions.delete(arn);
    this.#announce(before);
  }

  resolve(request: {
    readonly account: string;
    readonly region: string;
    readonly functionName: string;
    readonly qualifier?: string;
  }): ResolvedFunction {
    const [name = "", suffix] = (
      parseArn(request.functionName)?.resource ?? `function:${request.functionName}`
    )
      .slice("function:".length)
      .split(":");
    const arn = functionArn(request.account, request.region, name);
    const found = this.#functions.get(arn);
    if (found === undefined) {
      throw new ServiceError({
        code: "ResourceNotFoundException",
        status: 404,
        message: `Function not found: ${arn}`,
      });
    }
    const qualifier = request.qualifier ?? suffix;
    return qualifier === undefined ? found : { ...found, invokedArn: `${arn}:${qualifier}` };
  }

  async codeDirectory(target: ResolvedFunction): Promise<string> {
    return `/code/${target.codeSha256}`;
  }

  async layersDirectory(target: ResolvedFunction): Promise<string | undefined> {
    return target.layerSha256s.length === 0 ? undefined : `/layers/${target.layerSha256s.join("+")}`;
  }

  serveAlone(): boolean {
    return false;
  }

  onReloaded(): void {
    // Its functions run from packages.
  }

  onSuperseded(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Changes the concurrency of a function, by its unqualified ARN. */
  setConcurrency(functionArn: string, concurrency: FunctionConcurrency): void {
    this.#concurrency.set(functionArn, concurrency);
    for (const listener of this.#concurrencyListeners) listener(functionArn);
  }

  /** By the ARN as invoked. */
  setAsynchronous(invokedArn: string, settings: AsynchronousSettings): void {
    this.#asynchronous.set(invokedArn, settings);
  }

  concurrency(functionArn: string): FunctionConcurrency | undefined {
    if (!this.#functions.has(functionArn)) return undefined;
    return this.#concurrency.get(functionArn) ?? NO_CONCURRENCY;
  }

  onServing(): void {
    // Nothing is warmed ahead of fake functions.
  }

  onConcurrencyChanged(listener: (functionArn: string) => void): void {
    this.#concurrencyListeners.push(listener);
  }

  provisionedFunctions(): readonly string[] {
    return [...this.#concurrency].filter(([, { provisioned }]) => provisioned.length > 0).map(([arn]) => arn);
  }

  reportProvisioned(report: ProvisionedReport): void {
    this.reports.push(report);
  }

  unreservedConcurrency(): number {
    const committed = [...this.#concurrency.values()].map(
      ({ reserved, provisioned }) =>
        reserved ?? provisioned.reduce((sum, { requested }) => sum + requested, 0),
    );
    return committed.reduce((left, taken) => left - taken, this.accountConcurrency);
  }

  asynchronousSettings(invokedArn: string): AsynchronousSettings | undefined {
    if (!this.#functions.has(invokedArn.split(":").slice(0, 7).join(":"))) return undefined;
    return this.#asynchronous.get(invokedArn) ?? DEFAULT_ASYNCHRONOUS;
  }

  authorize(arn: string): "ok" | "missing" | "forbidden" {
    const unqualified = arn.split(":").slice(0, 7).join(":");
    return this.#functions.has(unqualified) ? this.verdict : "missing";
  }

  #announce({ arn, version, generation }: ResolvedFunction): void {
    for (const listener of this.#listeners) listener({ arn, version, generation });
  }
}
