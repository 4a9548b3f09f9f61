import { readFile } from "node:fs/promises";
import { isAbsolute, join, normalize, sep } from "node:path";
import { StorageError } from "../errors.ts";

export const MANIFEST_FILE = "backup.json";
/** The folder of a backup with the data directory's files. */
export const CONTENT_FOLDER = "data";
const KIND = "lambkin backup";
const LAYOUT = 1;

export interface BackupFile {
  /** Relative to the data directory, with `/`. */
  readonly path: string;
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** What a backup says about itself. It is written last: a backup without it is not whole. */
export interface Manifest {
  /** The format of the data directory. */
  readonly format: number;
  /** When it was begun, ISO 8601. */
  readonly createdAt: string;
  readonly files: readonly BackupFile[];
}

export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify({ kind: KIND, layout: LAYOUT, ...manifest }, null, 1)}\n`;
}

/** Reads and checks the manifest of a backup, which somebody may have written by hand. */
export async function readManifest(backup: string): Promise<Manifest> {
  const file = join(backup, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    throw new StorageError(
      "corrupt",
      `${backup} is not a backup, or not a whole one: it has no ${MANIFEST_FILE}`,
    );
  }
  const manifest = parse(text);
  if (manifest === undefined) throw new StorageError("corrupt", `${file} is not the description of a backup`);
  if (manifest.layout > LAYOUT) {
    throw new StorageError(
      "newer-format",
      `${backup} was made by a newer version of Lambkin: restore it with that one, or a later one`,
    );
  }
  return manifest;
}

function parse(text: string): (Manifest & { readonly layout: number }) | undefined {
  let found: Partial<Manifest> & { readonly kind?: unknown; readonly layout?: unknown };
  try {
    found = JSON.parse(text) as typeof found;
  } catch {
    return undefined;
  }
  const { kind, layout, format, createdAt, files } = found ?? {};
  if (kind !== KIND || typeof layout !== "number" || typeof format !== "number") return undefined;
  if (typeof createdAt !== "string" || !Array.isArray(files) || !files.every(isFile)) return undefined;
  return { layout, format, createdAt, files };
}

function isFile(value: unknown): value is BackupFile {
  const file = value as Partial<BackupFile> | null;
  return (
    typeof file?.path === "string" &&
    isInside(file.path) &&
    Number.isSafeInteger(file.size) &&
    typeof file.sha256 === "string"
  );
}

/** Says whether a relative path stays where it is put. */
function isInside(path: string): boolean {
  return (
    path !== "" &&
    !path.includes("\0") &&
    !isAbsolute(path) &&
    normalize(path) === path.split("/").join(sep) &&
    !path.startsWith("..")
  );
}
