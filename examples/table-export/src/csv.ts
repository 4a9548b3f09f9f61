import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** One line as of RFC 4180. */
export function csvLine(values: readonly string[]): string {
  return `${values.map(quoted).join(",")}\r\n`;
}

/** Strings and numbers as they are, what is absent or null as nothing, everything else as JSON. */
export function valueOf(attribute: AttributeValue | undefined): string {
  if (attribute === undefined || attribute.NULL !== undefined) return "";
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return attribute.N;
  if (attribute.BOOL !== undefined) return String(attribute.BOOL);
  if (attribute.B !== undefined) return Buffer.from(attribute.B).toString("base64");
  return JSON.stringify(attribute.SS ?? attribute.NS ?? attribute.L ?? attribute.M ?? attribute.BS);
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
