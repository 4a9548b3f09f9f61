/** Encodes a name as HTML forms do (a blank is `+`), except that `/` stays. S3 writes keys so in events and listings. */
export function formEncode(name: string): string {
  return encodeURIComponent(name)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
}
