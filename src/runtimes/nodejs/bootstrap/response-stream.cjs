"use strict";

const { Writable } = require("node:stream");
const { InvalidStreamingOperation, reportError } = require("./errors.cjs");
const { holderOf } = require("./handler-holder.cjs");
const { onDrained } = require("./event-loop.cjs");
const { HIGH_WATER_MARK } = require("./streaming.cjs");

/** The response of one invocation; its bytes leave as chunks while they are written. */
class ResponseStream extends Writable {
  #client;
  #id;
  #contentType = "application/octet-stream";
  #written = false;
  #begun = false;
  #failure;
  /** Resolves when the platform has the whole response. */
  accepted;

  constructor(client, id, highWaterMark) {
    super({ ...(highWaterMark === undefined ? {} : { highWaterMark }), autoDestroy: false });
    this.#client = client;
    this.#id = id;
    this.on("error", (error) => {
      // What destroys it is told in the response; what comes after its end is an error that no handler answers for.
      if (error.code !== "ERR_STREAM_WRITE_AFTER_END") return;
      reportError("Invoke Error", error);
      void unhandled(error);
    });
    this.accepted = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  setContentType(contentType) {
    if (this.#written || this.#begun)
      throw new InvalidStreamingOperation("Cannot set content-type, too late.");
    this.#contentType = contentType;
  }

  write(chunk, encoding, done) {
    const plain = typeof chunk === "string" || chunk instanceof Uint8Array;
    if (!this.#written) this._onBeforeFirstWrite?.((bytes) => super.write(bytes));
    const hasRoom = super.write(plain ? chunk : JSON.stringify(chunk), encoding, done);
    this.#written = true;
    return hasRoom;
  }

  _write(chunk, _encoding, done) {
    this.#begin();
    this.#client.writeChunk(chunk, done);
  }

  _final(done) {
    this.#begin();
    this.#client.endStream(this.#failure);
    done();
  }

  #begin() {
    if (this.#begun) return;
    this.#begun = true;
    this.#client.beginStream(this.#id, this.#contentType).then(this.settle);
  }

  /** As by a pipeline that failed: the response can only end with what was wrong. */
  _destroy(error, done) {
    if (!this.writableFinished) {
      this.#begin();
      this.#client.endStream({ thrown: error ?? new Error("The response stream was destroyed.") });
    }
    done(error);
  }

  /** Ends the response with an error in its trailers; too late if the function ended it already. */
  fail(thrown) {
    if (this.writableFinished || this.destroyed) return;
    if (!this.writableEnded) {
      this.#failure = { thrown };
      this.end();
      return;
    }
    // What came after its end has kept it from being finished.
    if (this.errored) this.#client.endStream({ thrown });
  }
}

/** A rejection that nobody handles. */
function unhandled(error) {
  return Promise.reject(error);
}

function streamingInvoker(handler, major, client) {
  const holder = holderOf(handler, major, true);
  const highWaterMark = Number(handler[HIGH_WATER_MARK]) || undefined;
  return async (id, body, makeContext, setLastWords) => {
    const stream = new ResponseStream(client, id, highWaterMark);
    setLastWords((error) => {
      client.hold();
      stream.fail(error);
      return stream.accepted;
    });
    const fail = (thrown) => {
      reportError("Invoke Error", thrown);
      stream.fail(thrown);
    };
    // As on Lambda, a response that isn't ended holds up the event loop until the invocation times out.
    client.hold();
    void stream.accepted.then(() => client.release());
    let context;
    try {
      context = makeContext();
      if (major < 24) context.callbackWaitsForEmptyEventLoop = true;
      const returned = holder.handler(JSON.parse(body.toString()), stream, context);
      if (typeof returned?.then !== "function") fail("Streaming does not support non-async handlers.");
      else {
        const result = await orDrained(returned);
        if (result !== undefined) console.warn("Streaming handlers ignore return values.");
      }
      await stream.accepted;
    } catch (error) {
      fail(error);
    }
    client.hold();
    await stream.accepted;
    if (context?.callbackWaitsForEmptyEventLoop) {
      client.release();
      await orDrained(new Promise(() => undefined));
      client.hold();
    }
    return { next: client.next() };
  };
}

/** What the promise settles to, or undefined once nothing can settle it any more. */
function orDrained(promise) {
  return new Promise((resolve, reject) => {
    onDrained(() => resolve(undefined));
    promise.then(resolve, reject);
  }).finally(() => onDrained(undefined));
}

module.exports = { streamingInvoker };
