import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A zip of files given by name and content; `bootstrap` is executable. */
export async function deploymentPackage(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files))
    zip.addBuffer(Buffer.from(content), name, { mode: name === "bootstrap" ? 0o100755 : 0o100644 });
  zip.end();
  return buffer(zip.outputStream);
}
