/** Bytes that are no event stream, or a message that can't be one. Nothing after it on the same stream can be read. */
export class EventStreamError extends Error {
  override readonly name = "EventStreamError";
}
