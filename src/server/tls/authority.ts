import { createPublicKey, generateKeyPair, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { isIP } from "node:net";
import path from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { promisify } from "node:util";
import forge from "node-forge";
import { type Clock, type Randomness, serverLimits } from "../../base/index.ts";
import { replaceFile } from "../../storage/index.ts";
import type { ServerTls } from "./interfaces.ts";

const DAY_MS = 86_400_000;
const KEY_BITS = 2_048;
const SERIAL_DIGITS = 32;
const NAME = [{ name: "commonName", value: "Lambkin local authority" }];
const ALWAYS = ["localhost", "127.0.0.1", "::1"];

export interface AuthorityOptions {
  /** Made if it is missing; keys in it are for its owner alone. */
  readonly directory: string;
  /** What every certificate names, beside loopback. */
  readonly hosts: readonly string[];
  readonly region: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

interface Leaf {
  readonly context: SecureContext;
  readonly renewAt: number;
}

/**
 * Opens the certificate authority of a data directory, made at the first use. It vouches for this server alone: its
 * certificates are made in memory, one for each name by which the server is addressed, and anew before they expire.
 * RFC 5280 says what is in them.
 */
export async function openAuthority(options: AuthorityOptions): Promise<ServerTls> {
  const { directory, clock, randomness } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authorityKey = await openKey(path.join(directory, "authority.key"));
  const serverKey = await openKey(path.join(directory, "server.key"));
  const bundleFile = path.join(directory, "authority.pem");
  const authority = await openCertificate(bundleFile, authorityKey, { clock, randomness });
  const usual = [
    ...new Set([...ALWAYS, ...options.hosts, "*.s3.localhost", `*.s3.${options.region}.localhost`]),
  ];
  const leaves = new Map<string, Leaf>();

  const contextFor = (host: string): SecureContext => {
    const key = covered(host, usual) ? "" : host;
    const known = leaves.get(key);
    if (known !== undefined && clock.now() < known.renewAt) return known.context;
    const names = key === "" ? usual : [host, ...usual];
    const leaf = issue(names, { authority, authorityKey, serverKey, now: clock.now(), randomness });
    leaves.delete(key);
    for (const oldest of leaves.keys()) {
      if (leaves.size < serverLimits.tlsCertificates) break;
      leaves.delete(oldest);
    }
    leaves.set(key, leaf);
    return leaf.context;
  };
  contextFor("localhost");
  return { contextFor, bundleFile, hostNames: [] };
}

/** Whether a certificate for these names holds for the host; a wildcard stands for one label. */
function covered(host: string, names: readonly string[]): boolean {
  const wildcard = isIP(host) === 0 ? `*.${host.slice(host.indexOf(".") + 1)}` : host;
  return names.includes(host) || names.includes(wildcard);
}

/** RSA, which every client still speaks. */
async function openKey(file: string): Promise<string> {
  const existing = await readIfThere(file);
  if (existing !== undefined) return existing;
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  await replaceFile(file, privateKey);
  return privateKey;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** The authority's own certificate. One that will not outlive the next year is made anew, with the same key. */
async function openCertificate(
  file: string,
  key: string,
  { clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
): Promise<string> {
  const existing = await readIfThere(file);
  const now = clock.now();
  if (existing !== undefined && validUntil(existing) - now > serverLimits.tlsAuthorityRenewDays * DAY_MS) {
    return existing;
  }
  const certificate = blank(key, serial(randomness), now, serverLimits.tlsAuthorityDays);
  certificate.setSubject(NAME);
  certificate.setIssuer(NAME);
  certificate.setExtensions([
    { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create());
  const pem = forge.pki.certificateToPem(certificate);
  await replaceFile(file, pem);
  return pem;
}

function validUntil(pem: string): number {
  return Date.parse(new X509Certificate(pem).validTo);
}

function issue(
  names: readonly string[],
  parts: {
    readonly authority: string;
    readonly authorityKey: string;
    readonly serverKey: string;
    readonly now: number;
    readonly randomness: Randomness;
  },
): Leaf {
  const issuer = forge.pki.certificateFromPem(parts.authority);
  const certificate = blank(
    parts.serverKey,
    serial(parts.randomness),
    parts.now,
    serverLimits.tlsCertificateDays,
  );
  certificate.setSubject([{ name: "commonName", value: "Lambkin" }]);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
    { name: "extKeyUsage", serverAuth: true },
    {
      name: "subjectAltName",
      altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
    },
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(parts.authorityKey), forge.md.sha256.create());
  const lifeMs = serverLimits.tlsCertificateDays * DAY_MS;
  return {
    context: createSecureContext({
      cert: forge.pki.certificateToPem(certificate) + parts.authority,
      key: parts.serverKey,
    }),
    renewAt: parts.now + lifeMs - serverLimits.tlsCertificateRenewDays * DAY_MS,
  };
}

/** Positive, and with no needless leading zero: DER knows none, and OpenSSL would refuse the whole certificate. */
function serial(randomness: Randomness): string {
  return `01${randomness.hex(SERIAL_DIGITS)}`;
}

/** A certificate for the public half of a key, valid from yesterday, because clocks differ. */
function blank(key: string, serialNumber: string, now: number, days: number): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(
    createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
  );
  certificate.serialNumber = serialNumber;
  certificate.validity.notBefore = new Date(now - DAY_MS);
  certificate.validity.notAfter = new Date(now + days * DAY_MS);
  return certificate;
}
