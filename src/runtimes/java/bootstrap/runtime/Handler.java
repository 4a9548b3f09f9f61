package lambkin.runtime;

/** A function that has been loaded. */
interface Handler {
  /** Takes an event and returns the answer, both as JSON or whatever bytes the function agreed on with its callers. */
  byte[] call(byte[] event, Members context) throws Throwable;
}
