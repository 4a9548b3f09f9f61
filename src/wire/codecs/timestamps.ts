import type { TimestampFormat } from "../model/table.ts";
import { SerializationError } from "./serialization-error.ts";

/** Smithy's timestamp formats: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  switch (format) {
    case "date-time":
      return formatDateTime(date);
    case "date-time-ms":
      return date.toISOString();
    case "http-date":
      return date.toUTCString();
    default:
      return String(date.getTime() / 1000);
  }
}

/** Whole seconds carry no fraction, as Smithy's test vectors have it. */
function formatDateTime(date: Date): string {
  const text = date.toISOString();
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
}

const DATE_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i;
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Reads any of the formats, whichever the model prescribes: clients differ, and the forms can't be confused. */
export function parseTimestamp(text: string): Date {
  if (NUMBER.test(text)) return parseEpochSeconds(Number(text));
  const zoned = DATE_TIME.test(text) && /T[^Z+-]*$/i.test(text) ? `${text}Z` : text;
  const date = new Date(zoned);
  if (Number.isNaN(date.getTime())) throw new SerializationError("Unable to parse timestamp");
  return date;
}

export function parseEpochSeconds(seconds: number): Date {
  const date = new Date(Math.round(seconds * 1000));
  if (Number.isNaN(date.getTime())) throw new SerializationError("Unable to parse timestamp");
  return date;
}
