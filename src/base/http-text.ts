// An import of node:http would load Node's web clients as well: 13 MiB, and a tenth of the time to start.
export const { STATUS_CODES } = process.getBuiltinModule("node:http");

/**
 * The value of a header field that stands from `from` to `to`, without the spaces and tabs around it (RFC 9110 section
 * 5.5). String.trim would also take latin1's no-break space.
 */
export function fieldValue(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** As `text.startsWith(part, at)`, which compares by the character, as this does by the word: a fifth of the time. */
export function standsAt(text: string, part: string, at: number): boolean {
  return at >= 0 && text.slice(at, at + part.length) === part;
}

/** A character for each byte. */
export function latin1(bytes: Uint8Array): string {
  return asBuffer(bytes).toString("latin1");
}

/** The same bytes as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
