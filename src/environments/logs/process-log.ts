import { EventCollector } from "./event-collector.ts";

const LINE_FEED = 0x0a;
const TYPE_MASK = 0xffff0000;
const FRAME_TYPE = 0xa55a0000;
const WITH_TIME = 0b10;
const SHORT_HEAD_BYTES = 8;
const LONG_HEAD_BYTES = 16;

/** What takes the bytes of a process. */
export interface LogWriter {
  /** Gives how many lines or frames it found in them. */
  write(bytes: Buffer): number;
  flush(): void;
}

/**
 * What one process writes, cut into events at line feeds. A carriage return within a line is a soft line feed, with
 * which runtimes keep a message of several lines in one event.
 */
export class OutputLines implements LogWriter {
  readonly #events: EventCollector;

  constructor(emit: (message: string) => void) {
    this.#events = new EventCollector(emit, true);
  }

  write(bytes: Buffer): number {
    let from = 0;
    let lines = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      this.#events.finish(bytes.subarray(from, at + 1));
      from = at + 1;
      lines += 1;
    }
    if (from < bytes.length) this.#events.add(bytes.subarray(from));
    return lines;
  }

  /** Makes an event of a last line without a line feed. */
  flush(): void {
    this.#events.end();
  }
}

/**
 * The framed log that runtime clients write to the descriptor in _LAMBDA_TELEMETRY_LOG_FD: a frame is an event,
 * whatever lines it has. Type (0xA55A, format and level), length and, if the type says so, microseconds since the
 * epoch, all big-endian, then the message.
 */
export class FramedLog implements LogWriter {
  readonly #events: EventCollector;
  readonly #unframed: OutputLines;
  #head: Buffer = Buffer.alloc(0);
  #remaining = 0;
  #broken = false;

  constructor(emit: (message: string) => void) {
    this.#events = new EventCollector(emit, false);
    this.#unframed = new OutputLines(emit);
  }

  /** A frame without a message is no event, but work all the same. */
  write(bytes: Buffer): number {
    let rest = bytes;
    let frames = 0;
    while (rest.length > 0) {
      if (this.#broken) return frames + this.#unframed.write(rest);
      if (this.#remaining > 0) {
        const part = rest.subarray(0, this.#remaining);
        this.#remaining -= part.length;
        this.#events.add(part);
        if (this.#remaining === 0) this.#events.end();
        rest = rest.subarray(part.length);
      } else {
        rest = this.#readHead(rest);
        frames += 1;
      }
    }
    return frames;
  }

  flush(): void {
    this.#events.end();
    this.#unframed.flush();
  }

  /** Takes what belongs to a head; what follows is not framed any more if it is none. */
  #readHead(bytes: Buffer): Buffer {
    const had = this.#head.length;
    const head = Buffer.concat([this.#head, bytes.subarray(0, LONG_HEAD_BYTES - had)]);
    this.#head = head;
    if (head.length < SHORT_HEAD_BYTES) return bytes.subarray(bytes.length);
    const type = head.readUInt32BE(0);
    if ((type & TYPE_MASK) >>> 0 !== FRAME_TYPE) {
      this.#broken = true;
      this.#unframed.write(head.subarray(0, had));
      return bytes;
    }
    const size = (type & WITH_TIME) === 0 ? SHORT_HEAD_BYTES : LONG_HEAD_BYTES;
    if (head.length < size) return bytes.subarray(bytes.length);
    this.#head = Buffer.alloc(0);
    this.#remaining = head.readUInt32BE(4);
    return bytes.subarray(size - had);
  }
}
