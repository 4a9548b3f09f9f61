/**
 * An extension written against the public protocol alone, for `/opt/extensions`. It prints what it gets as lines
 * `<name> {"…"}`. What it does is in the variable EXTENSION: a JSON object of its name's settings.
 */
export const EXTENSION_PROGRAM = `#!/usr/bin/env node
const http = require("node:http");
const net = require("node:net");
const path = require("node:path");
const name = path.basename(process.argv[1]);
const settings = JSON.parse(process.env.EXTENSION ?? "{}")[name] ?? {};
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const tell = (what) => console.log(name + " " + JSON.stringify(what));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let id;
function call(method, target, body, fields = {}) {
  const headers = { ...(id === undefined ? {} : { "Lambda-Extension-Identifier": id }), ...fields };
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: target, headers }, (answer) => {
      let text = "";
      answer.on("data", (part) => { text += part; });
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}
function listen(server) {
  return new Promise((resolve) => server.listen(0, "0.0.0.0", () => resolve(server.address().port)));
}
let heard = [];
const types = new Set();
let onHeard = () => {};
async function untilHeard(type) {
  while (!types.has(type)) await new Promise((resolve) => { onHeard = resolve; });
}
function hear(event) {
  types.add(event.type);
  onHeard();
  if (settings.lengths) return tell({ length: event.record.length });
  if (!settings.quiet) return tell({ telemetry: event });
  // Only the number at the end of a line, and many in one.
  if (heard.push(Number(/\\d+(?=\\n?$)/.exec(event.record)[0])) === 1) {
    setTimeout(() => { tell({ heard }); heard = []; }, 20);
  }
}
async function subscribe() {
  const { api = "2022-07-01/telemetry", schemaVersion = "2022-12-13", protocol } = settings.telemetry;
  let destination;
  if (settings.telemetry.deaf === "closed") {
    // Nobody listens where it says.
    const server = net.createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    destination = protocol === "TCP" ? { protocol, port } : { protocol, URI: "http://sandbox.localdomain:" + port };
  } else if (settings.telemetry.deaf) {
    // It accepts and never reads, or reads and never answers.
    const server = net.createServer({ pauseOnConnect: settings.telemetry.deaf === "unread" }, (socket) => socket.on("error", () => {}));
    server.on("connection", (socket) => { if (settings.telemetry.deaf !== "unread") socket.resume(); });
    const port = await listen(server);
    destination = protocol === "TCP" ? { protocol, port } : { protocol, URI: "http://sandbox.localdomain:" + port };
  } else if (protocol === "TCP") {
    const server = net.createServer((socket) => {
      let text = "";
      socket.on("data", (part) => {
        text += part;
        for (let end = text.indexOf("\\n"); end >= 0; end = text.indexOf("\\n")) {
          hear(JSON.parse(text.slice(0, end)));
          text = text.slice(end + 1);
        }
      });
    });
    destination = { protocol, port: await listen(server) };
  } else {
    const server = http.createServer((request, response) => {
      if (settings.telemetry.method) tell({ via: [request.method, request.headers["content-type"]] });
      let text = "";
      request.on("data", (part) => { text += part; });
      request.on("end", () => {
        for (const event of JSON.parse(text)) hear(event);
        response.end();
      });
    });
    const { host = "sandbox.localdomain", method } = settings.telemetry;
    destination = { protocol: "HTTP", method, URI: "http://" + host + ":" + (await listen(server)) };
  }
  const types = settings.telemetry.types ?? ["platform", "function"];
  const buffering = { timeoutMs: 25, maxBytes: settings.telemetry.maxBytes };
  const body = JSON.stringify({ schemaVersion, types, buffering, destination });
  tell({ subscribed: await call("PUT", "/" + api, body).then(({ status, text }) => [status, text]) });
}
async function main() {
  if (settings.ticks) setInterval(() => tell({ tick: Date.now() }), 25);
  if (settings.silent) {
    tell({ silent: true });
    return pause(60_000);
  }
  if (settings.exitAtStart !== undefined) process.exit(settings.exitAtStart);
  const events = settings.events ?? ["INVOKE", "SHUTDOWN"];
  const registered = await call("POST", "/2020-01-01/extension/register", JSON.stringify({ events }), {
    "Lambda-Extension-Name": name,
    "Lambda-Extension-Accept-Feature": "accountId",
  });
  id = registered.headers["lambda-extension-identifier"];
  tell({ registered: JSON.parse(registered.text), cwd: process.cwd(), variables: Object.keys(process.env) });
  if (settings.initError) {
    await call("POST", "/2020-01-01/extension/init/error", "{}", { "Lambda-Extension-Function-Error-Type": "Extension.NoKey" });
    return pause(60_000);
  }
  if (settings.idle) return pause(60_000);
  if (settings.telemetry !== undefined) await subscribe();
  for (;;) {
    const { headers, text } = await call("GET", "/2020-01-01/extension/event/next");
    const event = JSON.parse(text);
    tell({ event, eventId: headers["lambda-extension-event-identifier"] });
    if (event.eventType === "SHUTDOWN") {
      await pause(settings.lingersMs ?? 0);
      if (settings.leavesAfter !== undefined) await untilHeard(settings.leavesAfter);
      tell({ left: true });
      if (settings.leavesWith !== undefined) process.exit(settings.leavesWith);
      return process.exit(0);
    }
    if (settings.exitOnInvoke !== undefined) process.exit(settings.exitOnInvoke);
    if (settings.exitError) {
      await call("POST", "/2020-01-01/extension/exit/error", "{}", { "Lambda-Extension-Function-Error-Type": "Extension.GaveUp" });
    }
    await pause(settings.worksMs ?? 0);
    if (settings.callsEndpoint) await new Promise((resolve) => http.get(process.env.AWS_ENDPOINT_URL, resolve));
  }
}
void main();
`;

/** What extensions of the program above printed: name and object, in order. */
export function saidByExtensions(log: readonly string[], name: string): any[] {
  return log
    .filter((line) => line.startsWith(`${name} {`))
    .map((line) => JSON.parse(line.slice(name.length + 1)) as unknown);
}
