import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, it } from "node:test";
import { type Randomness, systemRandomness } from "../../src/base/index.ts";
import { openAuthority } from "../../src/server/tls/authority.ts";
import { SimulatedClock } from "../../testkit/simulated-clock.ts";

const DAY_MS = 86_400_000;
const directory = mkdtempSync(path.join(os.tmpdir(), "lambkin-authority-"));
after(() => rmSync(directory, { recursive: true }));

async function opened(name: string, now: number, randomness: Randomness) {
  const clock = new SimulatedClock(now);
  const place = path.join(directory, name);
  const tls = await openAuthority({
    directory: place,
    hosts: ["10.1.2.3"],
    region: "us-east-1",
    clock,
    randomness,
  });
  return { tls, clock };
}

it("makes certificates anew before they expire, and the authority when it would not outlive them", async () => {
  const open = (days: number) => opened("renewed", Date.UTC(2026, 0, 1) + days * DAY_MS, systemRandomness);
  const { tls, clock } = await open(0);
  const bundle = readFileSync(path.join(directory, "renewed", "authority.pem"), "utf8");
  const first = await tls.contextFor("bucket.localhost");
  assert.equal(await tls.contextFor("bucket.localhost"), first);
  assert.equal(await tls.contextFor("10.1.2.3"), await tls.contextFor("a.s3.localhost"));
  await clock.advance(61 * DAY_MS);
  assert.notEqual(await tls.contextFor("bucket.localhost"), first);

  await open(365);
  assert.equal(readFileSync(path.join(directory, "renewed", "authority.pem"), "utf8"), bundle);
  await open(9 * 365 + 100);
  const renewed = new X509Certificate(readFileSync(path.join(directory, "renewed", "authority.pem")));
  assert.ok(Date.parse(renewed.validTo) > Date.UTC(2026, 0, 1) + 15 * 365 * DAY_MS);
  // The key stays, so what clients trusted before and what they get now go together.
  assert.ok(renewed.verify(new X509Certificate(bundle).publicKey));
});

it("makes readable certificates of every serial number", async () => {
  for (const digit of ["0", "f"]) {
    const randomness = { ...systemRandomness, hex: (digits: number) => digit.repeat(digits) };
    const { tls } = await opened(`serial-${digit}`, Date.UTC(2026, 0, 1), randomness);
    assert.ok(await tls.contextFor("bucket.localhost"));
    const authority = new X509Certificate(
      readFileSync(path.join(directory, `serial-${digit}`, "authority.pem")),
    );
    assert.equal(authority.serialNumber, `01${digit.toUpperCase().repeat(32)}`);
  }
});
