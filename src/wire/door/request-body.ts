import type { IncomingMessage } from "node:http";
import { wireLimits } from "../../base/index.ts";

/** Whether a request has a body, as far as its head tells. */
export function announcesBody(message: IncomingMessage): boolean {
  const { stream } = message as { readonly stream?: { readonly endAfterHeaders: boolean } };
  // HTTP/2 says it by a flag, and needs no length.
  if (stream !== undefined) return !stream.endAfterHeaders;
  const { headers } = message;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** A body that stalls is given up; once it is there, the handler may take its time. */
export function guardBody(message: IncomingMessage): void {
  if (!announcesBody(message)) return;
  // Most bodies come in one piece with their head, and are complete when the parser has seen that piece.
  process.nextTick(() => {
    if (message.complete) return;
    message.setTimeout(wireLimits.requestIdleMs, () => {
      if (!message.complete) message.socket.destroy();
    });
    message.once("end", () => message.setTimeout(0));
  });
}

/**
 * Reads on and drops what a client still sends of a body that nobody wants. Closing the connection instead would make
 * the client fail while it sends, often before it has read the answer.
 */
export function drainBody(message: IncomingMessage): void {
  const { socket } = message;
  let rest: number = wireLimits.refusedBodyDrainBytes;
  const timer = setTimeout(() => socket.destroy(), wireLimits.refusedBodyDrainMs);
  timer.unref();
  const stop = () => clearTimeout(timer);
  message.unpipe();
  message.on("data", (part: Buffer) => {
    rest -= part.length;
    if (rest < 0) socket.destroy();
  });
  message.once("end", stop).once("close", stop).resume();
}
