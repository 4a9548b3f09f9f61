import { latin1, STATUS_CODES } from "../../base/index.ts";

/** An answer as it goes to a socket: text stands for bytes, one character each. */
export type EncodedResponse = string | Buffer;

/** Larger bodies are not worth another copy of them. */
const ONE_PIECE_BYTES = 16 * 1_024;
/** What no field of a head can hold, or not as one byte. */
const UNUSUAL = /[^\t\x20-\x7e]/;
const NOT_ASCII = /[^\0-\x7f]/;

/** Head and body in one piece, so that a small answer is one segment and one system call. */
export function encodeResponse(
  status: number,
  fields: Readonly<Record<string, string>>,
  body: Uint8Array | string,
): EncodedResponse {
  let lines = "";
  let values = "";
  for (const name in fields) {
    const value = fields[name] as string;
    lines += `${name}: ${value}\r\n`;
    values += value;
  }
  const start = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  if (UNUSUAL.test(values)) return encodeBytes(start + safeLines(fields), body);
  const head = start + lines;
  if (body.length > ONE_PIECE_BYTES) return encodeBytes(head, body);
  if (typeof body !== "string") return `${head}Content-Length: ${body.length}\r\n\r\n${latin1(body)}`;
  return NOT_ASCII.test(body)
    ? encodeBytes(head, body)
    : `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** No caller of Invoke can add a header line to what the runtime reads. */
function safeLines(fields: Readonly<Record<string, string>>): string {
  let lines = "";
  for (const [name, value] of Object.entries(fields)) {
    lines += `${name}: ${value.replace(/[\r\n\0]/g, " ")}\r\n`;
  }
  return lines;
}

function encodeBytes(unfinishedHead: string, body: Uint8Array | string): Buffer {
  const bodyBytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const head = `${unfinishedHead}Content-Length: ${bodyBytes}\r\n\r\n`;
  const headBytes = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(headBytes + bodyBytes);
  bytes.write(head, 0, "utf8");
  if (typeof body === "string") bytes.write(body, headBytes, "utf8");
  else bytes.set(body, headBytes);
  return bytes;
}
