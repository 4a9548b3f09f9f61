import { type Cipheriv, createCipheriv, createHmac } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Randomness } from "../../../base/index.ts";
import { syncFolder } from "./folders.ts";

const BLOCK_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Server-side encryption of body files: AES-256 in counter mode, so that any range can be read by itself. A file's key
 * is derived from its name; names are never used twice, so neither is a key stream.
 */
export class BodyCipher {
  readonly #masterKey: Uint8Array;

  constructor(masterKey: Uint8Array) {
    this.#masterKey = masterKey;
  }

  /** A cipher that starts `offset` bytes into the file. In counter mode it encrypts and decrypts alike. */
  at(file: string, offset: number): Cipheriv {
    const key = createHmac("sha256", this.#masterKey).update(file).digest();
    const counter = Buffer.alloc(BLOCK_BYTES);
    counter.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK_BYTES)), BLOCK_BYTES - 8);
    const cipher = createCipheriv("aes-256-ctr", key, counter);
    const skipped = offset % BLOCK_BYTES;
    if (skipped > 0) cipher.update(Buffer.alloc(skipped));
    return cipher;
  }
}

/** Reads the key that body files are encrypted with; makes it when the directory is new. */
export function loadMasterKey(directory: string, isNew: boolean, randomness: Randomness): Uint8Array {
  const path = join(directory, "body-key");
  if (existsSync(path)) {
    const key = readFileSync(path);
    if (key.length !== KEY_BYTES) throw new Error(`${path} is damaged: it must hold ${KEY_BYTES} bytes`);
    return key;
  }
  if (!isNew) throw new Error(`${path} is missing: without it the stored objects cannot be read`);
  const key = randomness.bytes(KEY_BYTES);
  const descriptor = openSync(path, "wx", 0o600);
  writeSync(descriptor, key);
  fsyncSync(descriptor);
  closeSync(descriptor);
  syncFolder(directory);
  return key;
}
