import { hash } from "node:crypto";
import { dynamodbLimits } from "../../../base/index.ts";
import { invalid, invalidParameter } from "../errors.ts";
import type { AttributeValue, KeySchemaElement, ScalarType } from "../model.ts";
import { encodeNumber } from "./number.ts";

/** Bytes whose order is the order of the values; the value is of the type that the schema gives. */
export function encodeKey(type: ScalarType, value: AttributeValue): Uint8Array {
  switch (type) {
    case "S":
      return Buffer.from(value.S as string);
    case "N":
      return encodeNumber(value.N as string);
    default:
      return Buffer.from(value.B as string, "base64");
  }
}

/**
 * Where a partition lies among 2^32 slots. Scans go through the slots in order and a segment is a range of them,
 * so neighbours in the key space are spread over all segments.
 */
export function slotOf(partition: Uint8Array): number {
  return hash("md5", partition, "buffer").readUInt32BE(0);
}

/** Refuses a key attribute that is empty or too long. */
export function checkKeyLength(element: KeySchemaElement, type: ScalarType, encoded: Uint8Array): void {
  if (type === "N") return;
  if (encoded.length === 0) {
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type === "S" ? "string" : "binary"} value. Key: ${element.AttributeName}`,
    );
  }
  if (element.KeyType === "HASH" && encoded.length > dynamodbLimits.partitionKeyBytes) {
    throw invalidParameter(
      `Size of hashkey has exceeded the maximum size limit of${dynamodbLimits.partitionKeyBytes} bytes`,
    );
  }
  if (element.KeyType === "RANGE" && encoded.length > dynamodbLimits.sortKeyBytes) {
    throw invalidParameter(
      `Aggregated size of all range keys has exceeded the size limit of ${dynamodbLimits.sortKeyBytes} bytes`,
    );
  }
}
