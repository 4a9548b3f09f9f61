import { crc32, deflateRawSync } from "node:zlib";

/** One entry of an archive, with everything that an attacker would lie about. */
export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  /** Unix mode with file type; 0 leaves it out. A regular file of 0644 by default. */
  readonly mode?: number;
  readonly method?: number;
  readonly flags?: number;
  /** 3 is Unix, 0 is DOS. */
  readonly host?: number;
  readonly crc32?: number;
  /** As declared, whatever the content is. */
  readonly size?: number;
  readonly compressedSize?: number;
  /** In the local header, if it shall differ from the directory. */
  readonly localName?: string | Uint8Array;
  /** In the local header alone, likewise. */
  readonly localSize?: number;
  readonly localCrc32?: number;
  /** Extra fields of the directory. */
  readonly extra?: Uint8Array;
  /** Where the directory has its local header, if not where it is. */
  readonly offset?: number;
  /** Bytes after the compressed data that count as part of it. */
  readonly padding?: number;
}

export interface ZipOptions {
  readonly comment?: string;
  /** As declared at the end of the archive. */
  readonly entryCount?: number;
}

export const REGULAR = 0o100000;
export const SYMBOLIC_LINK = 0o120000;
export const DIRECTORY = 0o040000;

/** The bytes of an archive of the entries, true or false as they are. */
export function zip(entries: readonly ZipEntry[], options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = encodeEntry(entry, offset);
    parts.push(local);
    directory.push(central);
    offset += local.byteLength;
  }
  const central = Buffer.concat(directory);
  const comment = Buffer.from(options.comment ?? "");
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.entryCount ?? entries.length, 8);
  end.writeUInt16LE(options.entryCount ?? entries.length, 10);
  end.writeUInt32LE(central.byteLength, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.byteLength, 20);
  return Buffer.concat([...parts, central, end, comment]);
}

/** An archive of ordinary files, by name. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  return zip(Object.entries(files).map(([name, content]) => ({ name, content })));
}

function encodeEntry(entry: ZipEntry, offset: number): { readonly local: Buffer; readonly central: Buffer } {
  const name = Buffer.from(entry.name as string);
  const localName = entry.localName === undefined ? name : Buffer.from(entry.localName as string);
  const content = Buffer.from((entry.content ?? "") as string);
  const method = entry.method ?? (content.byteLength > 0 ? 8 : 0);
  const data = Buffer.concat([
    method === 8 ? deflateRawSync(content) : content,
    Buffer.alloc(entry.padding ?? 0),
  ]);
  const fields = {
    flags: (entry.flags ?? 0) | 0x0800,
    crc: entry.crc32 ?? crc32(content),
    compressedSize: entry.compressedSize ?? data.byteLength,
    size: entry.size ?? content.byteLength,
  };
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  const { localSize = fields.size, localCrc32 = fields.crc } = entry;
  writeFields(local, 6, method, { ...fields, size: localSize, crc: localCrc32 }, localName.byteLength);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(((entry.host ?? 3) << 8) | 20, 4);
  central.writeUInt16LE(20, 6);
  writeFields(central, 8, method, fields, name.byteLength);
  central.writeUInt32LE(((entry.mode ?? REGULAR | 0o644) << 16) >>> 0, 38);
  const extra = Buffer.from(entry.extra ?? []);
  central.writeUInt16LE(extra.byteLength, 30);
  central.writeUInt32LE(entry.offset ?? offset, 42);
  return {
    local: Buffer.concat([local, localName, data]),
    central: Buffer.concat([central, name, extra]),
  };
}

/** The part that both headers have in common. 1 January 2026, noon. */
function writeFields(
  header: Buffer,
  at: number,
  method: number,
  fields: {
    readonly flags: number;
    readonly crc: number;
    readonly compressedSize: number;
    readonly size: number;
  },
  nameBytes: number,
): void {
  header.writeUInt16LE(fields.flags, at);
  header.writeUInt16LE(method, at + 2);
  header.writeUInt16LE(12 << 11, at + 4);
  header.writeUInt16LE(((2026 - 1980) << 9) | (1 << 5) | 1, at + 6);
  header.writeUInt32LE(fields.crc >>> 0, at + 8);
  header.writeUInt32LE(fields.compressedSize, at + 12);
  header.writeUInt32LE(fields.size, at + 16);
  header.writeUInt16LE(nameBytes, at + 20);
}
