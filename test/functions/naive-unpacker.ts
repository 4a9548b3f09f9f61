import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";

const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const UNICODE_PATH = 0x7075;

export interface NaiveReading {
  /** Names are those of the local headers, as a reader from the front has them. */
  readonly local?: boolean;
  /** Names are those of the extra field for names in Unicode. */
  readonly unicode?: boolean;
  /** Another form of a name, as of a system with other separators or a file system that normalizes. */
  readonly name?: (name: string) => string;
}

/**
 * Unpacks an archive as it stands, without a look at what it says: the control of tests with hostile ones. Later entries
 * replace earlier ones, links are made and followed as they come, and modes are taken whole.
 */
export function unpackNaively(archive: Buffer, directory: string, reading: NaiveReading = {}): void {
  const end = archive.lastIndexOf(Buffer.from(new Uint32Array([END_OF_DIRECTORY]).buffer));
  let at = archive.readUInt32LE(end + 16);
  while (archive.readUInt32LE(at) === CENTRAL_HEADER) {
    const nameBytes = archive.readUInt16LE(at + 28);
    const extraBytes = archive.readUInt16LE(at + 30);
    const header = archive.readUInt32LE(at + 42);
    const mode = archive.readUInt16LE(at + 40);
    const nameAt = reading.local === true ? header + 30 : at + 46;
    const length = reading.local === true ? archive.readUInt16LE(header + 26) : nameBytes;
    let name = archive.toString("utf8", nameAt, nameAt + length);
    const extra = archive.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    if (reading.unicode === true && extra.byteLength > 9 && extra.readUInt16LE(0) === UNICODE_PATH)
      name = extra.toString("utf8", 9, 4 + extra.readUInt16LE(2));
    const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
    const data = archive.subarray(start, start + archive.readUInt32LE(at + 20));
    const content = archive.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : data;
    place(join(directory, reading.name?.(name) ?? name), mode, content);
    at += 46 + nameBytes + extraBytes;
  }
}

function place(path: string, mode: number, content: Buffer): void {
  if (path.endsWith("/")) {
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  if ((mode & FILE_TYPE) === SYMBOLIC_LINK) {
    rmSync(path, { recursive: true, force: true });
    symlinkSync(content.toString(), path);
    return;
  }
  writeFileSync(path, content);
  chmodSync(path, mode & 0o7777);
}
