import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { CHECKSUM_ALGORITHMS, createChecksum } from "../../src/base/index.ts";
import { isChecksumValue } from "../../src/wire/index.ts";

const hex = (algorithm: (typeof CHECKSUM_ALGORITHMS)[number], data: Uint8Array, step = data.length || 1) => {
  const checksum = createChecksum(algorithm);
  for (let at = 0; at < data.length; at += step) checksum.update(data.subarray(at, at + step));
  return checksum.digest().toString("hex");
};

/** Bit by bit, from the definition. */
function slowCrc(data: Uint8Array, width: bigint, polynomial: bigint): string {
  const ones = (1n << width) - 1n;
  let value = ones;
  for (const byte of data) {
    value ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
  }
  return (value ^ ones).toString(16).padStart(Number(width) / 4, "0");
}

describe("checksums", () => {
  const check = Buffer.from("123456789");

  it("have the catalogued check values", () => {
    assert.equal(hex("CRC32", check), "cbf43926");
    assert.equal(hex("CRC32C", check), "e3069283");
    assert.equal(hex("CRC64NVME", check), "ae8b14860a799888");
    assert.equal(hex("SHA1", check), createHash("sha1").update(check).digest("hex"));
    assert.equal(hex("SHA256", check), createHash("sha256").update(check).digest("hex"));
  });

  it("are the same for every length and cut", () => {
    const data = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 167 + 13) & 0xff));
    for (let length = 0; length <= 300; length += 1) {
      const part = data.subarray(0, length);
      const wanted = {
        CRC32: slowCrc(part, 32n, 0xedb88320n),
        CRC32C: slowCrc(part, 32n, 0x82f63b78n),
        CRC64NVME: slowCrc(part, 64n, 0x9a6c9329ac4bc9b5n),
      };
      for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME"] as const) {
        assert.equal(hex(algorithm, part), wanted[algorithm], `${algorithm} of ${length}`);
        assert.equal(hex(algorithm, part, 13), wanted[algorithm], `${algorithm} of ${length}, cut`);
      }
    }
  });

  it("are told from texts that are none", () => {
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      assert.ok(isChecksumValue(algorithm, createChecksum(algorithm).digest().toString("base64")));
      assert.ok(!isChecksumValue(algorithm, "AAA="));
      assert.ok(!isChecksumValue(algorithm, "not base64"));
    }
  });
});
