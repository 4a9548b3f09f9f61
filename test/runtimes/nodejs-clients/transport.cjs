"use strict";

/**
 * Stands in for the addon of AWS's client for Node.js, which only speaks HTTP: `next` answers a promise, `done` and
 * `error` block until the platform has what they post.
 */

const http = require("node:http");
const Module = require("node:module");
const { Worker } = require("node:worker_threads");

const API = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

const posted = new Int32Array(new SharedArrayBuffer(4));
let poster;

function post(path, body, headers) {
  if (typeof body !== "string") throw new TypeError("Wrong arguments");
  poster ??= startPoster();
  Atomics.store(posted, 0, 0);
  poster.postMessage({
    url: `${API}/${path}`,
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  Atomics.wait(posted, 0, 0);
}

function startPoster() {
  const code = `
    const http = require("node:http");
    const { parentPort, workerData } = require("node:worker_threads");
    parentPort.on("message", ({ url, body, headers }) => {
      const request = http.request(url, { method: "POST", headers, agent: false }, (response) => {
        response.resume().on("end", () => {
          Atomics.store(workerData, 0, 1);
          Atomics.notify(workerData, 0);
        });
      });
      request.end(body);
    });`;
  const worker = new Worker(code, { eval: true, workerData: posted, execArgv: [] });
  worker.unref();
  return worker;
}

Module._extensions[".node"] = (module) => {
  module.exports = {
    next: () =>
      new Promise((resolve, reject) => {
        const request = http.get(`${API}/next`, { agent: false }, (response) => {
          const parts = [];
          response.on("data", (part) => parts.push(part));
          response.on("end", () => {
            const bodyJson = Buffer.concat(parts).toString();
            const headers = Object.entries(response.headers).map(([name, text]) => [
              name,
              Buffer.from(text, "latin1").toString(),
            ]);
            resolve({ bodyJson, headers: Object.fromEntries(headers) });
          });
        });
        request.on("error", reject);
      }),
    done: (id, body) => post(`${id}/response`, body),
    error: (id, body) => {
      const { errorType } = JSON.parse(body);
      post(`${id}/error`, body, { "lambda-runtime-function-error-type": errorType });
    },
  };
};
