/** A text in which `*` stands for any characters, as pieces between the stars. */
export type Wildcard = readonly string[];

/** Reads what stands between quotes: a backslash takes the next character, a star too, as it is. */
export function readWildcard(text: string): Wildcard {
  const pieces = [""];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === "*") pieces.push("");
    else {
      if (character === "\\" && at + 1 < text.length) at += 1;
      pieces[pieces.length - 1] += text[at] as string;
    }
  }
  return pieces;
}

/** Takes time in proportion to the text, whatever the pieces are. */
export function matchesWildcard(pieces: Wildcard, text: string): boolean {
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1) ?? "";
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
