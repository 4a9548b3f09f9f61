/** Keys as they are stored and compared: in UTF-8. */
export function encodeKey(key: string): Buffer {
  return Buffer.from(key, "utf8");
}

export function decodeKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The least byte string that is greater than everything with this prefix; undefined if there is none. */
export function afterPrefix(prefix: Uint8Array): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const bytes = Buffer.from(prefix.subarray(0, length));
  bytes[length - 1] = (bytes[length - 1] as number) + 1;
  return bytes;
}

/** The least byte string that is greater than this one. */
export function afterKey(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}
