import type { FunctionCode } from "@aws-sdk/client-lambda";
import { functionLimits, type Log, type ObjectReader, ServiceError } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import type { CodeIdentity, PackageIdentity, Scope } from "../document.ts";
import { because } from "../errors.ts";
import type { LiveCode } from "../live/live-code.ts";
import { optional } from "../optional.ts";
import { refuseMember } from "../settings/refused.ts";
import { BadPackage, type PackageFault } from "./bad-package.ts";
import { type HeldPackage, identityOf, type PackageStore } from "./package-store.ts";

/** The members of CreateFunction's `Code` and of UpdateFunctionCode that say where the package is. */
export type CodeSource = Pick<
  FunctionCode,
  "ZipFile" | "S3Bucket" | "S3Key" | "S3ObjectVersion" | "S3ObjectStorageMode" | "ImageUri"
>;

const ANSWERS: Readonly<Record<PackageFault, () => ServiceError>> = {
  broken: () => because("badZip"),
  empty: () => because("emptyZip"),
  "too-large": () => because("unzippedTooLarge", { most: functionLimits.unzippedBytes }),
};

/** A package that stays until it is released, or a directory that functions run from as it is. */
export interface HeldCode extends HeldPackage {
  readonly liveDirectory?: string;
}

/** What a document keeps of it. */
export function codeOf(held: HeldCode): CodeIdentity & Required<PackageIdentity> {
  return { ...identityOf(held), ...optional("liveDirectory", held.liveDirectory) };
}

/** Takes in the deployment package that a request brings or names; the caller releases it once a function refers to it. */
export class PackageIntake {
  readonly #packages: PackageStore;
  readonly #live: LiveCode;
  readonly #objects: ObjectReader;
  readonly #log: Log;

  constructor(packages: PackageStore, live: LiveCode, objects: ObjectReader, log: Log) {
    this.#packages = packages;
    this.#live = live;
    this.#objects = objects;
    this.#log = log;
  }

  /** Only a `caller` may name a directory. */
  async take(
    code: CodeSource,
    scope: Scope,
    caller?: Pick<RequestContext, "environmentId">,
  ): Promise<HeldCode> {
    if (caller !== undefined && this.#live.isNamed(code)) return this.#live.take(code, caller);
    const content = await this.#fetch(code, scope);
    if (content.byteLength === 0) throw because("emptyZip");
    try {
      return await this.#packages.admit(content);
    } catch (error) {
      if (!(error instanceof BadPackage)) throw error;
      this.#log.info("deployment package refused", { ...scope, reason: error.message });
      throw ANSWERS[error.fault]();
    }
  }

  async #fetch(code: CodeSource, scope: Scope): Promise<Uint8Array> {
    if (code.ZipFile !== undefined) {
      if (code.ZipFile.byteLength > functionLimits.zipDirectBytes) {
        throw because("zippedTooLarge", { most: functionLimits.zipDirectBytes });
      }
      return code.ZipFile;
    }
    try {
      return await this.#objects.read({
        ...scope,
        bucket: code.S3Bucket ?? "",
        key: code.S3Key ?? "",
        ...(code.S3ObjectVersion === undefined ? {} : { versionId: code.S3ObjectVersion }),
        mostBytes: functionLimits.unzippedBytes,
      });
    } catch (error) {
      if (!(error instanceof ServiceError) || error.fault === "server") throw error;
      if (error.code === "EntityTooLarge") throw ANSWERS["too-large"]();
      if (error.code === "NoSuchBucket" && this.#live.isMeant(code)) {
        throw because("liveCode", {
          reason: `the key has to be an absolute path, and ${code.S3Key} is not.`,
        });
      }
      throw because("s3Failed", { code: error.code, message: error.message });
    }
  }
}

/** Exactly one source, of a kind that this server knows. Looks at nothing outside the request. */
export function checkSource(code: CodeSource): void {
  const names = { S3Bucket: code.S3Bucket, S3Key: code.S3Key, S3ObjectVersion: code.S3ObjectVersion };
  const s3Given = Object.values(names).some((value) => value !== undefined);
  if (code.ImageUri !== undefined) refuseMember("ImageUri");
  if (code.S3ObjectStorageMode === "REFERENCE") refuseMember("S3ObjectStorageMode");
  if (code.ZipFile !== undefined && s3Given) throw because("twoSources");
  if (code.ZipFile !== undefined) return;
  if (!s3Given) throw because("noSource");
  if (code.S3Bucket === undefined || code.S3Key === undefined) throw because("halfS3Source");
}
