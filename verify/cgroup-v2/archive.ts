import path from "node:path";

export interface ArchiveEntry {
  /** Relative, without a leading slash. */
  readonly name: string;
  /** Missing: a directory. */
  readonly content?: Buffer;
}

/**
 * What the kernel unpacks as its first root file system; the parents of every entry come with it.
 * @see https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
 */
export function cpioArchive(entries: readonly ArchiveEntry[]): Buffer {
  const all = new Map<string, Buffer | undefined>();
  for (const { name, content } of entries) {
    const parts = path.posix.dirname(name).split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const parent = parts.slice(0, depth).join("/");
      if (parent !== "." && !all.has(parent)) all.set(parent, undefined);
    }
    all.set(name, content);
  }
  const chunks = [...all].map(([name, content], index) =>
    record(index + 1, name, content === undefined ? 0o040755 : 0o100755, content ?? Buffer.alloc(0)),
  );
  return Buffer.concat([...chunks, record(0, "TRAILER!!!", 0, Buffer.alloc(0))]);
}

function record(inode: number, name: string, mode: number, content: Buffer): Buffer {
  // inode, mode, uid, gid, links, mtime, size, four device numbers, length of the name, no checksum
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${name}\0`;
  return Buffer.concat([padded(Buffer.from(head)), padded(content)]);
}

function padded(part: Buffer): Buffer {
  return Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
}
