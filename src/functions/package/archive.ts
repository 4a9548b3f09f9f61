import { callbackify } from "node:util";
import yauzl from "yauzl";
import { functionLimits } from "../../base/index.ts";
import { BadPackage, demand } from "./bad-package.ts";
import { entryPath } from "./entry-path.ts";
import { PackageTree } from "./package-tree.ts";
import type { ZipSource } from "./zip-source.ts";

/** A regular file of a package. */
export interface PackageFile {
  readonly path: readonly string[];
  /** Permission bits without write, set-user-ID and the like. */
  readonly mode: number;
  readonly modified: Date;
  readonly compressed: boolean;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly crc32: number;
  /** Of its first byte in the archive. */
  readonly position: number;
  /** Of its local header, which lies before it. */
  readonly headerPosition: number;
}

/** The content of a link's entry is its target, so it is read like a file. */
export interface Archive {
  readonly files: readonly PackageFile[];
  readonly links: readonly PackageFile[];
  readonly tree: PackageTree;
}

/** Members that yauzl has had since version 3. */
type Entry = yauzl.Entry & {
  readonly fileNameRaw: Buffer;
  getLastModDate(options: { readonly timezone: "UTC" }): Date;
};

const UNIX_HOSTS = new Set([3, 19]);
const FILE_TYPE = 0o170000;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const SYMBOLIC_LINK = 0o120000;
const PERMISSIONS = 0o555;
const UNKNOWN_MODE = 0xffff;
const LINK_BYTES = 4_095;
const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
const ENCRYPTED = 0x0001;
/** Sizes and CRC-32 follow the content. */
const DESCRIBED_BEHIND = 0x0008;
/** Stands in a local header for what it does not say, or says in an extra field. */
const UNSAID = new Set([0, 0xffffffff]);

/**
 * Reads and checks an archive's directory: names, kinds, methods, declared sizes, and that each local header says the
 * same. Contents are checked when they are read. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function readArchive(source: ZipSource): Promise<Archive> {
  const files: PackageFile[] = [];
  const links: PackageFile[] = [];
  const tree = new PackageTree();
  let declaredBytes = 0;
  for await (const entry of entriesOf(source)) {
    const kind = kindOf(entry);
    const path = entryPath(entry.fileName);
    demand(!entry.isEncrypted(), "an entry is encrypted");
    demand([0, 8].includes(entry.compressionMethod), "an entry is compressed by an unknown method");
    declaredBytes += entry.uncompressedSize;
    if (declaredBytes > functionLimits.unzippedBytes) throw tooLarge();
    if (kind === "directory") {
      demand(entry.uncompressedSize === 0, "a directory has content");
      tree.addDirectory(path, permissions(entry, PERMISSIONS));
      continue;
    }
    const file = await describe(source, entry, path);
    if (kind === "link") {
      demand(file.bytes > 0 && file.bytes <= LINK_BYTES, "a link's target is empty or too long");
      links.push(file);
    } else {
      tree.addFile(path);
      files.push(file);
    }
  }
  demandApart([...files, ...links]);
  if (files.length + links.length === 0) throw new BadPackage("empty", "the archive holds no file");
  return { files, links, tree };
}

/** Entries that share bytes make much of little, and mean different things to readers from either end. */
function demandApart(entries: readonly PackageFile[]): void {
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.headerPosition - b.headerPosition)) {
    demand(entry.headerPosition >= end, "two entries share bytes of the archive");
    end = entry.position + entry.compressedBytes;
  }
}

export function tooLarge(): BadPackage {
  return new BadPackage("too-large", "the archive is too large when unpacked");
}

function kindOf(entry: Entry): "file" | "directory" | "link" {
  const type = unixMode(entry) & FILE_TYPE;
  if (entry.fileName.endsWith("/")) {
    demand(type === 0 || type === DIRECTORY, "an entry named as a directory is none");
    return "directory";
  }
  if (type === 0 || type === REGULAR) return "file";
  if (type === SYMBOLIC_LINK) return "link";
  demand(type === DIRECTORY, "an entry is a device, pipe or socket");
  return "directory";
}

/** The mode that an archiver on Unix wrote; 0 from others, and from Maven's where it knows none and writes -1. */
function unixMode(entry: Entry): number {
  const mode = UNIX_HOSTS.has(entry.versionMadeBy >> 8) ? (entry.externalFileAttributes >>> 16) & 0xffff : 0;
  return mode === UNKNOWN_MODE ? 0 : mode;
}

/** Function code runs as another user: what the archive keeps from others stays kept from it, as on AWS. */
function permissions(entry: Entry, unspecified: number): number {
  const mode = unixMode(entry) & PERMISSIONS;
  return mode === 0 ? unspecified : mode;
}

async function describe(source: ZipSource, entry: Entry, path: readonly string[]): Promise<PackageFile> {
  const header = Buffer.from(await source.read(entry.relativeOffsetOfLocalHeader, LOCAL_HEADER_BYTES));
  demand(header.readUInt32LE(0) === LOCAL_HEADER_SIGNATURE, "a local header is missing");
  const nameBytes = header.readUInt16LE(26);
  const name = await source.read(entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES, nameBytes);
  demand(entry.fileNameRaw.equals(name), "directory and local header name an entry differently");
  const flags = header.readUInt16LE(6);
  const told = [header.readUInt32LE(14), header.readUInt32LE(18), header.readUInt32LE(22)];
  const meant = [entry.crc32, entry.compressedSize, entry.uncompressedSize];
  const agree =
    (flags & DESCRIBED_BEHIND) !== 0 ||
    told.every((value, index) => UNSAID.has(value) || value === meant[index]);
  demand(
    agree && header.readUInt16LE(8) === entry.compressionMethod && (flags & ENCRYPTED) === 0,
    "directory and local header describe an entry differently",
  );
  const position =
    entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + nameBytes + header.readUInt16LE(28);
  demand(position + entry.compressedSize <= source.size, "an entry's content lies beyond the end");
  return {
    path,
    mode: permissions(entry, 0o444),
    modified: entry.getLastModDate({ timezone: "UTC" }),
    compressed: entry.compressionMethod === 8,
    compressedBytes: entry.compressedSize,
    bytes: entry.uncompressedSize,
    crc32: entry.crc32,
    position,
    headerPosition: entry.relativeOffsetOfLocalHeader,
  };
}

async function* entriesOf(source: ZipSource): AsyncGenerator<Entry> {
  const zip = await openZip(source);
  demand(zip.entryCount <= functionLimits.zipEntries, "the archive has too many entries");
  try {
    for (let index = 0; index < zip.entryCount; index++) yield await nextEntry(zip);
  } finally {
    zip.close();
  }
}

function openZip(source: ZipSource): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    const options = { lazyEntries: true, autoClose: false, strictFileNames: true };
    yauzl.fromRandomAccessReader(new SourceReader(source), source.size, options, (error, zip) => {
      if (error) reject(broken(error));
      else resolve(zip);
    });
  });
}

function nextEntry(zip: yauzl.ZipFile): Promise<Entry> {
  return new Promise((resolve, reject) => {
    zip.removeAllListeners();
    zip.on("entry", (entry: Entry) => resolve(entry));
    zip.on("error", (error: Error) => reject(broken(error)));
    zip.on("end", () => reject(new BadPackage("broken", "the archive ended before its last entry")));
    zip.readEntry();
  });
}

class SourceReader extends yauzl.RandomAccessReader {
  readonly #source: ZipSource;

  constructor(source: ZipSource) {
    super();
    this.#source = source;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    const read = callbackify(() => this.#source.read(position, length));
    read((error, bytes) => {
      if (error === null) buffer.set(bytes, offset);
      callback(error, length);
    });
  }
}

/** yauzl's own errors say that the archive is bad; an error of the file system stays one. */
function broken(error: Error): Error {
  return "code" in error ? error : new BadPackage("broken", error.message);
}
