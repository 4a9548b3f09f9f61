/**
 * The data model of DynamoDB in its wire form. Attribute values stay as JSON.parse gave them: binary is base64,
 * numbers are text. Attribute names are the caller's, `__proto__` and `constructor` among them, so maps are read and
 * written only with the functions below.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
 */

export type ScalarType = "S" | "N" | "B";
export type SetType = "SS" | "NS" | "BS";
export type AttributeType = ScalarType | SetType | "BOOL" | "NULL" | "L" | "M";

/** Has exactly one member once it is validated. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly NULL?: true;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
  readonly L?: readonly AttributeValue[];
  readonly M?: Item;
}

export type Item = { readonly [name: string]: AttributeValue };

/** An item under construction. */
export type MutableItem = { [name: string]: AttributeValue };

/** The type of a validated value. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) return type as AttributeType;
  throw new TypeError("an attribute value without a type");
}

export function getAttribute(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

export function setAttribute(item: MutableItem, name: string, value: AttributeValue): void {
  if (name === "__proto__") {
    Object.defineProperty(item, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    item[name] = value;
  }
}

export interface KeySchemaElement {
  readonly AttributeName: string;
  readonly KeyType: "HASH" | "RANGE";
}

export interface AttributeDefinition {
  readonly AttributeName: string;
  readonly AttributeType: ScalarType;
}

export interface Projection {
  readonly ProjectionType: "ALL" | "KEYS_ONLY" | "INCLUDE";
  readonly NonKeyAttributes?: readonly string[];
}

export interface Throughput {
  readonly read: number;
  readonly write: number;
  /** Epoch milliseconds. */
  readonly increasedAt?: number;
  readonly decreasedAt?: number;
}

/** Requests a second that can be taken at once. */
export interface WarmThroughput {
  readonly read: number;
  readonly write: number;
}

/** Requests a second at most, of tables that are paid by request. */
export interface OnDemandThroughput {
  MaxReadRequestUnits?: number;
  MaxWriteRequestUnits?: number;
}

/** Encryption with a key of KMS. */
export interface Encryption {
  readonly keyArn: string;
}

export interface IndexDefinition {
  /** Unique in its table for ever, so that a deleted index never shares entries with its successor. */
  readonly number: number;
  readonly name: string;
  readonly kind: "global" | "local";
  readonly keySchema: readonly KeySchemaElement[];
  readonly projection: Projection;
  readonly throughput?: Throughput;
  readonly onDemandThroughput?: OnDemandThroughput | undefined;
  /** Left out by earlier versions. */
  readonly warmThroughput?: WarmThroughput | undefined;
  /** An index that is added to a table with items cannot be queried before it is filled. */
  readonly status: "CREATING" | "ACTIVE";
}

/** What the store keeps of a table, apart from its items and their count. */
export interface TableDefinition {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly attributes: readonly AttributeDefinition[];
  readonly keySchema: readonly KeySchemaElement[];
  readonly billingMode: "PROVISIONED" | "PAY_PER_REQUEST";
  /** Set when the table was ever switched to or created with PAY_PER_REQUEST. */
  readonly onDemandSince?: number;
  readonly throughput: Throughput;
  readonly onDemandThroughput?: OnDemandThroughput | undefined;
  /** Left out by earlier versions. */
  readonly warmThroughput?: WarmThroughput | undefined;
  /** Left out for the key of AWS. */
  readonly encryption?: Encryption | undefined;
  readonly tableClass?: "STANDARD" | "STANDARD_INFREQUENT_ACCESS";
  readonly tableClassSince?: number;
  readonly deletionProtection: boolean;
  readonly indexes: readonly IndexDefinition[];
  readonly nextIndexNumber: number;
  readonly tags: readonly Tag[];
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** Names a table of one account and region. */
export interface TableRef {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}
