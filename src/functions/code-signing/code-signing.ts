import type { CodeSigningConfig as CodeSigningConfigShape } from "@aws-sdk/client-lambda";
import { type Clock, type Log, parseArn, partitionOf, type Randomness } from "../../base/index.ts";
import type { StateStore } from "../../storage/index.ts";
import { DocumentCollection, type Held } from "../collection.ts";
import { formatTime } from "../configuration.ts";
import type { Scope } from "../document.ts";
import { because } from "../errors.ts";
import { KeyedGate } from "../package/gate.ts";

export interface CodeSigningDocument {
  readonly format: 1;
  readonly description: string;
  readonly signingProfileVersionArns: readonly string[];
  readonly untrustedArtifacts: "Warn" | "Enforce";
  /** Epoch milliseconds. */
  readonly lastModified: number;
  readonly tags: Readonly<Record<string, string>>;
}

export type CodeSigningConfig = Held<CodeSigningDocument>;

const ID_DIGITS = 17;

/**
 * Code signing configurations. Nothing here is ever signed by a profile of AWS Signer, so that every artifact counts as
 * untrusted: a configuration that enforces lets none in, one that warns has it said in the log.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
 */
export class CodeSigning {
  readonly collection: DocumentCollection<CodeSigningDocument>;
  readonly #randomness: Randomness;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #references = new KeyedGate();

  constructor(options: {
    readonly state: StateStore;
    readonly clock: Clock;
    readonly randomness: Randomness;
    readonly log: Log;
  }) {
    const { state, log } = options;
    this.collection = new DocumentCollection({ state, kind: "code-signing-config", format: 1, log });
    this.#randomness = options.randomness;
    this.#clock = options.clock;
    this.#log = log;
  }

  async create(
    scope: Scope,
    content: Omit<CodeSigningDocument, "format" | "lastModified">,
  ): Promise<CodeSigningConfig> {
    for (;;) {
      const id = `csc-${this.#randomness.hex(ID_DIGITS)}`;
      const document = { format: 1 as const, ...content, lastModified: this.#clock.now() };
      const created = await this.collection.create(scope, id, document);
      if (created !== undefined) return created;
    }
  }

  /** The configuration of that ARN in the caller's account and region. */
  find(scope: Scope, arn: string): CodeSigningConfig | undefined {
    const { account, region, resource } = parseArn(arn) ?? {};
    if (account !== scope.account || region !== scope.region) return undefined;
    const [kind, id = ""] = (resource ?? "").split(":");
    return kind === "code-signing-config" ? this.collection.get(scope, id) : undefined;
  }

  /** Runs what makes or ends a reference to a configuration, and its deletion, one after the other. */
  whileReferring<Result>(arn: string | undefined, action: () => Promise<Result>): Promise<Result> {
    return arn === undefined ? action() : this.#references.run(arn, action);
  }

  /** Decides about code, or layers, that a function is to get. `arn` is that of the function's configuration, if any. */
  demandTrust(scope: Scope, arn: string | undefined, functionName: string): void {
    if (arn === undefined) return;
    if (this.find(scope, arn)?.document.untrustedArtifacts === "Enforce") {
      throw because("codeNotTrusted", { name: functionName });
    }
    this.#log.warn("code that nobody signed is deployed", { function: functionName, codeSigningConfig: arn });
  }
}

export function codeSigningArn({ account, region, id }: CodeSigningConfig): string {
  return `arn:${partitionOf(region)}:lambda:${region}:${account}:code-signing-config:${id}`;
}

export function describeCodeSigning(config: CodeSigningConfig): CodeSigningConfigShape {
  const { document } = config;
  return {
    CodeSigningConfigId: config.id,
    CodeSigningConfigArn: codeSigningArn(config),
    Description: document.description,
    AllowedPublishers: { SigningProfileVersionArns: [...document.signingProfileVersionArns] },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: document.untrustedArtifacts },
    LastModified: formatTime(document.lastModified),
  };
}
