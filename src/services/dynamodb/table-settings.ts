import { createHash } from "node:crypto";
import { parseArn } from "../../base/index.ts";
import { invalid, invalidParameter } from "./errors.ts";
import type { Encryption, OnDemandThroughput, TableRef, Throughput, WarmThroughput } from "./model.ts";
import { choice, flag, type Input, member, optional, tableArn } from "./request.ts";
import { requireInteger, requireList, requireObject, requireString } from "./values/attribute-value.ts";

/** Settings of tables and indexes that are checked, kept and shown as on AWS, and that nothing acts on. */

/** Names of the settings in a CreateTable or UpdateTable request that have no effect here. */
export function withoutEffect(input: Input): string[] {
  const indexes = [
    ...(optional(input, "GlobalSecondaryIndexes", requireList) ?? []),
    ...(optional(input, "GlobalSecondaryIndexUpdates", requireList) ?? []).flatMap((update) =>
      Object.values(requireObject(update)),
    ),
  ].map((index) => requireObject(index));
  const given = (name: string) => [input, ...indexes].some((each) => member(each, name) !== undefined);
  const encryption = optional(input, "SSESpecification", requireObject);
  return [
    ...["ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"].filter(given),
    ...(encryption !== undefined && flag(encryption, "Enabled") ? ["SSESpecification"] : []),
    ...(member(input, "TableClass") === "STANDARD_INFREQUENT_ACCESS" ? ["TableClass"] : []),
  ];
}

/**
 * The key that SSESpecification names, without being looked up; "owned" for the one of AWS, which tables have unless
 * they are given another. An alias, and the account's own `alias/aws/dynamodb`, stand for a key that is made up of it.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSESpecification.html
 */
export function readEncryption(input: Input, table: TableRef): Encryption | "owned" | undefined {
  const given = optional(input, "SSESpecification", requireObject);
  if (given === undefined) return undefined;
  const keyId = optional(given, "KMSMasterKeyId", requireString);
  const type = member(given, "SSEType");
  if (!flag(given, "Enabled")) {
    if (type !== undefined) throw invalidParameter("SSEType can not be specified if Enabled is false");
    if (keyId !== undefined)
      throw invalidParameter("KMSMasterKeyId can not be specified if Enabled is false");
    return "owned";
  }
  if (choice(given, "SSEType", ["AES256", "KMS"], "KMS") === "AES256") {
    throw invalidParameter("SSEType AES256 is not supported");
  }
  if (keyId !== undefined && type === undefined) {
    throw invalidParameter("SSEType KMS is required if KMSMasterKeyId is specified");
  }
  return { keyArn: keyArn(keyId ?? "alias/aws/dynamodb", table) };
}

function keyArn(id: string, table: TableRef): string {
  const own = tableArn(table).replace(/:dynamodb:(.*):table\/.*$/, ":kms:$1:");
  const arn = id.startsWith("arn:") ? parseArn(id) : parseArn(`${own}${id.includes("/") ? id : `key/${id}`}`);
  const [, kind, name] = /^(key|alias)\/([\w/-]{1,256})$/.exec(arn?.resource ?? "") ?? [];
  if (arn?.service !== "kms" || arn.region !== table.region || kind === undefined || name === undefined) {
    throw invalid(
      `KMS validation error: com.amazonaws.services.kms.model.NotFoundException: Invalid keyId '${id}' (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException)`,
    );
  }
  const prefix = `arn:${arn.partition}:kms:${arn.region}:${arn.account}`;
  return `${prefix}:key/${kind === "key" ? name : madeUpKey(`${prefix}:alias/${name}`)}`;
}

/** The same for the same alias, and in the form of a UUID. */
function madeUpKey(alias: string): string {
  const hex = createHash("sha256").update(alias).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/** How an index is called in the texts of errors; a table has no name there. */
type Of = { readonly index?: string };

/** What the requests for a table or an index may at most be; -1 takes a maximum away, and members left out stay. */
export function readOnDemandThroughput(
  input: Input,
  billingMode: "PROVISIONED" | "PAY_PER_REQUEST",
  { index, present }: Of & { readonly present?: OnDemandThroughput | undefined } = {},
): OnDemandThroughput | undefined {
  const given = optional(input, "OnDemandThroughput", requireObject);
  const units = { ...present };
  for (const name of ["MaxReadRequestUnits", "MaxWriteRequestUnits"] as const) {
    const wanted = given === undefined ? undefined : optional(given, name, requireInteger);
    if (wanted === undefined) continue;
    if (billingMode === "PROVISIONED") {
      throw invalidParameter(
        `${name} for OnDemandThroughput ${index === undefined ? "" : `for index: ${index} `}cannot be specified when ${present === undefined ? "table BillingMode is PROVISIONED." : "the table BillingMode is PROVISIONED"}`,
      );
    }
    if (wanted < 1 && !(wanted === -1 && present !== undefined)) {
      throw invalidParameter(
        `Requested ${name} for OnDemandThroughput for ${index === undefined ? "table" : `index : ${index}`} is outside of valid range`,
      );
    }
    if (wanted === -1) delete units[name];
    else units[name] = wanted;
  }
  return billingMode === "PROVISIONED" || Object.keys(units).length === 0 ? undefined : units;
}

/** What a new on-demand table can take at once, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html */
const ON_DEMAND_WARM: WarmThroughput = { read: 12_000, write: 4_000 };

const INITIAL_THROUGHPUT =
  "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial";

/** What a table or an index can take at once: what its billing mode starts with, or more if it ever had more. */
export function warmThroughput(
  billingMode: "PROVISIONED" | "PAY_PER_REQUEST",
  throughput: Throughput | undefined,
  kept?: WarmThroughput,
): WarmThroughput {
  const base = billingMode === "PAY_PER_REQUEST" || throughput === undefined ? ON_DEMAND_WARM : throughput;
  return { read: Math.max(base.read, kept?.read ?? 0), write: Math.max(base.write, kept?.write ?? 0) };
}

/** WarmThroughput as a request asks for it, which only ever grows; members left out stay as they are in `present`. */
export function readWarmThroughput(
  input: Input,
  present: WarmThroughput,
  { index, initial }: Of & { readonly initial?: "PROVISIONED" | "PAY_PER_REQUEST" },
): WarmThroughput {
  const given = optional(input, "WarmThroughput", requireObject);
  if (given === undefined) return present;
  const wanted = (name: string, capacity: string, least: number): number => {
    const units = optional(given, name, requireInteger) ?? least;
    if (units >= least) return units;
    const subject = `Requested ${name} for WarmThroughput for ${index === undefined ? "table" : `index ${index}`} is lower than`;
    switch (initial) {
      case "PAY_PER_REQUEST":
        throw invalidParameter(`${subject} initial throughput for OnDemand. See: ${INITIAL_THROUGHPUT}`);
      case "PROVISIONED":
        throw invalidParameter(`${subject} ${capacity} of ProvisionedThroughput`);
      default:
        throw invalidParameter(
          `${subject} current WarmThroughput, decreasing WarmThroughput is not supported`,
        );
    }
  };
  return {
    read: wanted("ReadUnitsPerSecond", "ReadCapacityUnits", present.read),
    write: wanted("WriteUnitsPerSecond", "WriteCapacityUnits", present.write),
  };
}
