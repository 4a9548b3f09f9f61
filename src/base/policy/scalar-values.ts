import { isIPv4, isIPv6 } from "node:net";

const NUMBER = /^[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?$/;
const DATE =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/;
const EPOCH_SECONDS = /^[+-]?\d{5,14}(?:\.\d{1,9})?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

export function parseBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : undefined;
}

export function parseBinary(text: string): string | undefined {
  return BASE64.test(text) ? Buffer.from(text, "base64").toString("latin1") : undefined;
}

/**
 * A date in one of the forms of ISO 8601 that https://www.w3.org/TR/NOTE-datetime lists (UTC where no offset is given),
 * or seconds since 1970; as epoch milliseconds.
 */
export function parseDate(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text)) return Number(text) * 1_000;
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part, index) => {
    return part === undefined ? (index === 1 || index === 2 ? 1 : 0) : Number(part);
  }) as [number, number, number, number, number, number];
  const milliseconds = Number(`0.${match[7] ?? "0"}`) * 1_000;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  // Years below 100 would be taken for 1900 and later.
  const date = new Date(Date.UTC(2000, 0, 1, hour, minute, second));
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offset = offsetMinutes(match[8]);
  return offset === undefined ? undefined : date.getTime() + milliseconds - offset * 60_000;
}

function offsetMinutes(text: string | undefined): number | undefined {
  if (text === undefined || text === "Z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** Addresses of one family whose first bits are the same. */
export interface AddressRange {
  readonly bits: bigint;
  readonly family: 4 | 6;
  readonly prefixLength: number;
}

const LENGTH = { 4: 32, 6: 128 } as const;
const MAPPED = 0xffffn;

/** `203.0.113.0/24`, `2001:db8::/32`, or one address. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined || slash < 0) return address;
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > address.prefixLength) return undefined;
  return { ...address, prefixLength: Number(length) };
}

export function isInRange(address: AddressRange, range: AddressRange): boolean {
  if (address.family !== range.family || address.prefixLength < range.prefixLength) return false;
  const shift = BigInt(LENGTH[range.family] - range.prefixLength);
  return address.bits >> shift === range.bits >> shift;
}

/** An IPv4 address in IPv6's clothes (`::ffff:192.0.2.1`) is an IPv4 address. */
function parseAddress(text: string): AddressRange | undefined {
  if (isIPv4(text)) return { bits: bitsOfIPv4(text), family: 4, prefixLength: LENGTH[4] };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const bits = bitsOfIPv6(text);
  if (bits >> 32n === MAPPED) return { bits: bits & 0xffffffffn, family: 4, prefixLength: LENGTH[4] };
  return { bits, family: 6, prefixLength: LENGTH[6] };
}

function bitsOfIPv4(text: string): bigint {
  return text.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOfIPv6(text: string): bigint {
  const [front = "", back] = text.split("::");
  const head = groupsOf(front);
  const tail = back === undefined ? [] : groupsOf(back);
  const gap = Array.from({ length: 8 - head.length - tail.length }, () => 0n);
  return [...head, ...gap, ...tail].reduce((bits, group) => (bits << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [BigInt(`0x${group}`)];
    const bits = bitsOfIPv4(group);
    return [bits >> 16n, bits & 0xffffn];
  });
}
