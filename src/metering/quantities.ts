const MIB = 1_024 * 1_024;

/** Ephemeral storage up to this size is free. */
const FREE_EPHEMERAL_STORAGE_MIB = 512;
/** Of the response stream of each request. */
const FREE_STREAMED_BYTES = 6 * MIB;
/** An asynchronous event up to this size is one request, and each started part of the second size a further one. */
const EVENT_BYTES = 256 * 1_024;
const FURTHER_EVENT_BYTES = 64 * 1_024;

/** GB-seconds of memory: configured memory times billed duration. GB are 1,024 MB on the price list. */
export function gbSeconds(memoryMiB: number, billedMs: number): number {
  return (memoryMiB * billedMs) / (1_024 * 1_000);
}

/** GB-seconds of ephemeral storage beyond the free 512 MB. */
export function storageGbSeconds(ephemeralStorageMiB: number, billedMs: number): number {
  return gbSeconds(Math.max(ephemeralStorageMiB - FREE_EPHEMERAL_STORAGE_MIB, 0), billedMs);
}

/** What of a response stream is charged. */
export function billedStreamedBytes(bytes: number): number {
  return Math.max(bytes - FREE_STREAMED_BYTES, 0);
}

/** Requests that an asynchronous event counts besides the first. https://aws.amazon.com/lambda/pricing/ */
export function furtherRequestsOf(eventBytes: number): number {
  return Math.ceil(Math.max(eventBytes - EVENT_BYTES, 0) / FURTHER_EVENT_BYTES);
}

/** GB-months of data that are kept, by the length of the calendar month (UTC) in which `start` lies. */
export function gigabyteMonths(byteSeconds: number, start: number): number {
  const date = new Date(start);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const monthSeconds = (Date.UTC(year, month + 1) - Date.UTC(year, month)) / 1_000;
  return gibibytes(byteSeconds) / monthSeconds;
}

export function gibibytes(bytes: number): number {
  return bytes / (1_024 * MIB);
}
