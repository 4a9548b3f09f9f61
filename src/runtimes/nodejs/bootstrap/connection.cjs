"use strict";

const { fstatSync, read, writeSync } = require("node:fs");

/** `4@127.0.0.1:9001`: a descriptor that is connected, and the address that it is connected to. */
const GIVEN = "_LAMBKIN_CONNECTION";
/** Of a first event; what is longer is read on by the socket. */
const FIRST_READ_BYTES = 65_536;
/** Each ends after some milliseconds if nothing comes. */
const FIRST_READS = 20;
/** So much goes into a socket without a wait for whoever reads it. */
const WRITTEN_AT_ONCE = 16_384;

/**
 * The connection to the Runtime API. Loading `net` and its streams costs more than all else that happens between the
 * start of Node.js and the first event, so where the process was started with a connection its first event comes by
 * plain reads, in libuv's threads as with Lambda's own client, and the socket is made when the answer is on its way.
 */
class Connection {
  /** `onBytes` gets what arrives, and tells whether more has to come. */
  constructor(address, onBytes) {
    this.address = address;
    this.onBytes = onBytes;
    this.held = true;
    this.answered = false;
    this.descriptor = takeGiven(address);
    if (this.descriptor === undefined) this.open();
  }

  open() {
    const net = require("node:net");
    const colon = this.address.lastIndexOf(":");
    const { descriptor } = this;
    this.socket =
      descriptor === undefined
        ? net.connect(Number(this.address.slice(colon + 1)), this.address.slice(0, colon))
        : new net.Socket({ fd: descriptor, readable: true, writable: true });
    this.socket.setNoDelay(true);
    this.socket.on("data", this.onBytes);
    this.socket.on("error", leave);
    this.socket.on("close", leave);
    if (!this.held) this.socket.unref();
    return this.socket;
  }

  /** While held, the connection keeps the process alive; while released, an empty event loop shows. */
  hold() {
    this.held = true;
    this.socket?.ref();
  }

  release() {
    this.held = false;
    this.socket?.unref();
  }

  write(text) {
    if (this.socket === undefined && this.answered && text.length > WRITTEN_AT_ONCE) this.open();
    if (this.socket !== undefined) {
      this.socket.write(text);
      return;
    }
    try {
      for (let left = Buffer.from(text); left.length > 0; )
        left = left.subarray(writeSync(this.descriptor, left));
    } catch {
      leave();
    }
    if (this.answered) this.open();
    else this.readFirst();
  }

  /** A chunk between what frames it; `done` is called when it has left. */
  writeFramed(before, bytes, after, done) {
    const socket = this.socket ?? this.open();
    socket.cork();
    socket.write(before);
    socket.write(bytes);
    socket.write(after, done);
    socket.uncork();
  }

  readFirst(attempt = 1) {
    const buffer = Buffer.allocUnsafeSlow(FIRST_READ_BYTES);
    read(this.descriptor, buffer, 0, buffer.length, null, (error, length) => {
      const nothing = error?.code === "EAGAIN" || error?.code === "EINTR";
      if (nothing && attempt < FIRST_READS) {
        this.readFirst(attempt + 1);
        return;
      }
      this.answered = true;
      if (nothing) this.open();
      else if (error !== null || length === 0) leave();
      else if (this.onBytes(buffer.subarray(0, length)) && this.socket === undefined) this.open();
    });
  }
}

/** The descriptor, unless it leads elsewhere than asked for or something before this process closed it. */
function takeGiven(address) {
  const given = process.env[GIVEN];
  delete process.env[GIVEN];
  if (given === undefined) return undefined;
  const [descriptor, to] = given.split("@");
  try {
    return to === address && fstatSync(Number(descriptor)).isSocket() ? Number(descriptor) : undefined;
  } catch {
    return undefined;
  }
}

/** Without the Runtime API there is nothing to live for. */
function leave() {
  process.exit(1);
}

module.exports = { Connection };
