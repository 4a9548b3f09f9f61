import type { Socket } from "node:net";
import { type Clock, wireLimits } from "../../base/index.ts";

/** What every HTTP/2 connection begins with. https://www.rfc-editor.org/rfc/rfc9113#section-3.4 */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** The type of a TLS record with a handshake, which no method of HTTP begins with (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

/**
 * Waits for as many bytes as tell the protocols of one port apart, and puts them back before `take` is called. A
 * connection that sends too few of them for too long is dropped.
 */
export function readFirstBytes(
  socket: Socket,
  clock: Clock,
  take: (protocol: "http/1" | "http/2" | "tls") => void,
): void {
  let seen: Buffer | undefined;
  const timer = clock.after(wireLimits.requestIdleMs, () => socket.destroy());
  const drop = () => socket.destroy();
  const stop = () => {
    timer.cancel();
    socket.off("data", look).off("error", drop).off("end", drop).off("close", stop);
  };
  const look = (part: Buffer) => {
    seen = seen === undefined ? part : Buffer.concat([seen, part]);
    const length = Math.min(seen.length, PREFACE.length);
    const http2 = seen.compare(PREFACE, 0, length, 0, length) === 0;
    if (http2 && length < PREFACE.length) return;
    stop();
    socket.pause();
    socket.unshift(seen);
    take(http2 ? "http/2" : seen[0] === TLS_HANDSHAKE ? "tls" : "http/1");
  };
  socket.on("data", look).on("error", drop).on("end", drop).on("close", stop);
}
