import { type AttributeValue, type Item, typeOf } from "../model.ts";
import { numberSize } from "./number.ts";

/**
 * The size of an item: names and values.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: Item): number {
  let size = 0;
  for (const name of Object.keys(item)) {
    size += Buffer.byteLength(name) + valueSize(item[name] as AttributeValue);
  }
  return size;
}

const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

export function valueSize(value: AttributeValue): number {
  switch (typeOf(value)) {
    case "S":
      return Buffer.byteLength(value.S as string);
    case "N":
      return numberSize(value.N as string);
    case "B":
      return binarySize(value.B as string);
    case "BOOL":
    case "NULL":
      return 1;
    case "SS":
      return sumOf(value.SS as readonly string[], (member) => Buffer.byteLength(member));
    case "NS":
      return sumOf(value.NS as readonly string[], numberSize);
    case "BS":
      return sumOf(value.BS as readonly string[], binarySize);
    case "L":
      return (
        CONTAINER_BYTES + sumOf(value.L as readonly AttributeValue[], (m) => ELEMENT_BYTES + valueSize(m))
      );
    default: {
      const map = value.M as Item;
      return CONTAINER_BYTES + ELEMENT_BYTES * Object.keys(map).length + itemSize(map);
    }
  }
}

/** Bytes behind a base64 text. */
export function binarySize(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

function sumOf<T>(list: readonly T[], size: (member: T) => number): number {
  let total = 0;
  for (const member of list) total += size(member);
  return total;
}
