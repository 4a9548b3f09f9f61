/** The last position up to `at` that splits no UTF-8 character; `at` itself if the bytes are no UTF-8. */
export function lastCharacterEnd(bytes: Uint8Array, at: number): number {
  for (let end = at; end > at - 4; end--) {
    if (((bytes[end] as number) & 0xc0) !== 0x80) return end;
  }
  return at;
}

/** The first position from `at` on where a UTF-8 character starts. */
export function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start < bytes.length && start < at + 3 && ((bytes[start] as number) & 0xc0) === 0x80) start++;
  return start;
}
