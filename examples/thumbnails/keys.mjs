/** pictures/2026/cat.png has its thumbnail at thumbnails/2026/cat.webp. */
export function thumbnailKey(key) {
  const [, ...rest] = key.split("/");
  return `thumbnails/${rest.join("/").replace(/\.[^./]+$/, "")}.webp`;
}
