import path from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A deployment package of some files of a folder, all at its root. */
export async function zipFiles(folder: string, names: readonly string[]): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const name of names) zip.addFile(path.join(folder, name), name, { mode: 0o100644 });
  zip.end();
  return buffer(zip.outputStream);
}
