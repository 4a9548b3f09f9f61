import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { callbackify } from "node:util";
import { type Clock, type Log, toError, wireLimits } from "../../base/index.ts";
import type { DoorTls } from "../interfaces.ts";
import { plainAddress } from "../routing/host-names.ts";

export interface SecureConnection {
  readonly socket: TLSSocket;
  readonly protocol: "http/1" | "http/2";
}

/**
 * Speaks the server's side of TLS on a connection of which nothing was taken yet, and agrees on HTTP/1.1 or HTTP/2 by
 * ALPN (RFC 7301). Gives undefined, and ends the connection, if no agreement was reached. Names for which `allows` is
 * false get the certificate of the address that they connected to, which they will refuse.
 */
export async function handshake(
  socket: Socket,
  tls: DoorTls,
  parts: { readonly clock: Clock; readonly log: Log; allows(name: string): boolean },
): Promise<SecureConnection | undefined> {
  const address = plainAddress(socket.localAddress);
  const secureContext = await tls.contextFor(address);
  if (socket.destroyed) return undefined;
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    ALPNProtocols: ["h2", "http/1.1"],
    SNICallback: callbackify(async (name: string) => {
      const host = name.toLowerCase().replace(/\.$/, "");
      if (!parts.allows(host)) return secureContext;
      try {
        return await tls.contextFor(host);
      } catch (error) {
        parts.log.error("no certificate could be made", { host, error: toError(error) });
        return secureContext;
      }
    }),
  });
  const { promise, resolve } = Promise.withResolvers<SecureConnection | undefined>();
  const timer = parts.clock.after(wireLimits.tlsHandshakeMs, () => secure.destroy());
  const end = () => {
    timer.cancel();
    resolve(undefined);
  };
  secure.on("error", () => secure.destroy());
  secure.once("close", end);
  secure.once("secure", () => {
    timer.cancel();
    secure.off("close", end);
    // Only Node's own TLS server says so, and HTTP/2 waits for it; one such server can't choose by the address.
    Object.assign(secure, { secureConnecting: false });
    resolve({ socket: secure, protocol: secure.alpnProtocol === "h2" ? "http/2" : "http/1" });
  });
  return promise;
}
