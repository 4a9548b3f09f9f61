import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { type Clock, type Log, serverLimits, toError } from "../../base/index.ts";
import type { ServerTls } from "./interfaces.ts";

/**
 * Serves a certificate from files, and takes up a renewed one without a restart. Rejects with a sentence for people if
 * the files are not a chain and its key.
 */
export async function openOwnCertificate(
  files: { readonly certFile: string; readonly keyFile: string },
  clock: Clock,
  log: Log,
): Promise<ServerTls> {
  let { context, changed, names } = await read(files);
  let looked = clock.now();
  const renew = async (): Promise<SecureContext> => {
    if (clock.now() - looked < serverLimits.tlsFilesLookMs) return context;
    looked = clock.now();
    try {
      if ((await changeOf(files)) !== changed) ({ context, changed } = await read(files));
    } catch (error) {
      // Half of a renewal may be there: the old one serves on.
      log.warn("the renewed certificate can't be used", { error: toError(error) });
    }
    return context;
  };
  return { contextFor: renew, hostNames: names };
}

async function changeOf(files: { readonly certFile: string; readonly keyFile: string }): Promise<string> {
  const [cert, key] = await Promise.all([stat(files.certFile), stat(files.keyFile)]);
  return `${cert.ino} ${cert.mtimeMs} ${key.ino} ${key.mtimeMs}`;
}

async function read(files: { readonly certFile: string; readonly keyFile: string }) {
  try {
    const changed = await changeOf(files);
    const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)]);
    const context = createSecureContext({ cert, key });
    return { context, changed, names: namesOf(new X509Certificate(cert)) };
  } catch (error) {
    throw new Error(`the certificate of --tls-cert and --tls-key can't be used: ${toError(error).message}`, {
      cause: error,
    });
  }
}

/** DNS names and addresses, of wildcards what comes after them. */
function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? "")
    .split(", ")
    .flatMap((entry) => /^(?:DNS:(?:\*\.)?|IP Address:)(.+)$/.exec(entry)?.[1]?.toLowerCase() ?? []);
}
