import type { FunctionOptions } from "../../../testkit/environment-world.ts";

type Cases = readonly (readonly [name: string, Partial<FunctionOptions>])[];

const module = (code: string): Partial<FunctionOptions> => ({ files: { "index.mjs": code } });
const script = (code: string): Partial<FunctionOptions> => ({ files: { "index.js": code } });
const OK = "exports.handler = async () => 'ok';";

/** Of a response that is never ended: what cuts it off is the timeout. */
const UNENDED_TIMEOUT_MS = 3_000;
const UNENDED = "without an end";

/** Functions that begin in ways of their own, or don't. */
export const BEGINNINGS: Cases = [
  ["no dot in the handler", { ...script(OK), handler: "index" }],
  ["a path out of the package", { ...script(OK), handler: "../index.handler" }],
  ["a module that is not there", { ...script(OK), handler: "absent.handler" }],
  ["a module's require that is not there", script("require('absent-package');")],
  ["a module's import that is not there", module("import 'absent-package';")],
  ["a function that is not there", { ...script(OK), handler: "index.absent" }],
  ["no function", script("exports.handler = 7;")],
  ["wrong syntax", script("exports.handler = {;")],
  ["wrong syntax in a module", module("export const handler = {;")],
  ["an error at the start", script("throw Object.assign(new RangeError('é'), { code: 'E1' });")],
  ["an error in lines at the start", script("throw new Error('one\\ntwo');")],
  ["text thrown at the start", script("throw 'text';")],
  ["an error in a module's start", module("throw new TypeError('top');")],
  [
    "awaited at the top",
    module("const ok = await Promise.resolve('ok'); export const handler = async () => ok;"),
  ],
  ["rejected at the top", module("await Promise.reject(new Error('top'));")],
  [
    "a module that imports wrong syntax",
    {
      files: {
        "index.mjs": "import './other.mjs'; export const handler = async () => 1;",
        "other.mjs": "export const {;",
      },
    },
  ],
  [
    "a module that imports a name that is not there",
    {
      files: {
        "index.mjs": "import { none } from './other.mjs'; export const handler = async () => none;",
        "other.mjs": "",
      },
    },
  ],
  [
    "a nested export in a folder",
    {
      files: { "a/b.js": "exports.c = { d: async () => 'deep' };" },
      handler: "a/b.c.d",
    },
  ],
  [
    "a folder within a package of modules that is of CommonJS",
    {
      files: {
        "package.json": '{"type":"module"}',
        "src/package.json": '{"type":"commonjs"}',
        "src/app.js": OK,
      },
      handler: "src/app.handler",
    },
  ],
  ["a class", script("exports.handler = class Handler {};")],
  ["a handler with an empty export", { ...script(OK), handler: "index." }],
  ["a default export", module("export default { handler: async () => 'ok' };")],
  ["a nested export", { ...script("exports.a = { b: async () => 'nested' };"), handler: "index.a.b" }],
  ["a folder", { files: { "src/app.js": OK }, handler: "src/app.handler" }],
  [
    "a package of modules",
    {
      files: {
        "package.json": '{"type":"module"}',
        "index.js": "export const handler = async () => import.meta.url;",
      },
    },
  ],
  ["a package", { files: { "node_modules/lib/index.js": OK }, handler: "lib.handler" }],
  [
    "both kinds",
    {
      files: {
        "index.js": "exports.handler = async () => 'js';",
        "index.mjs": "export const handler = async () => 'mjs';",
      },
    },
  ],
  ["an exit at the start", script("process.exit(7);")],
  [
    "a handler with three parameters",
    script("exports.handler = (event, context, callback) => callback(null, 'ok');"),
  ],
];

/** Functions that stream. */
export const STREAMS: Cases = Object.entries({
  "in parts":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); stream.write(new Uint8Array([98])); stream.write({ c: 1 }); stream.end(); });",
  "with a last part":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); stream.end('b'); });",
  "a status before the body":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-a': 'é' }, cookies: ['c=1'] }); stream.write('body'); stream.end(); });",
  [UNENDED]:
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); });",
  "and returns":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); stream.end(); return 1; });",
  "without a promise":
    "exports.handler = awslambda.streamifyResponse((event, stream) => { stream.write('a'); stream.end(); });",
  "and fails before":
    "exports.handler = awslambda.streamifyResponse(async () => { throw new RangeError('before'); });",
  "and fails after":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); throw new RangeError('after'); });",
  "a type too late":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); stream.setContentType('text/plain'); stream.end(); });",
  "a type":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.setContentType('text/plain'); stream.write('a'); stream.end(); });",
  "a status that is no JSON":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { awslambda.HttpResponseStream.from(stream, { statusCode: 1n }); stream.end('x'); });",
  "no status":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream = awslambda.HttpResponseStream.from(stream); stream.end('x'); });",
  "a status too late":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); awslambda.HttpResponseStream.from(stream, { statusCode: 200 }); stream.end(); });",
  "a status without a body":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream = awslambda.HttpResponseStream.from(stream, { statusCode: 204 }); stream.end(); });",
  "from a pipeline":
    "const { pipeline } = require('node:stream/promises'); const { Readable } = require('node:stream'); exports.handler = awslambda.streamifyResponse(async (event, stream) => { await pipeline(Readable.from(['x', 'y']), stream); });",
  "what it is given":
    "exports.handler = awslambda.streamifyResponse(async (event, stream, context) => { stream.write([typeof stream.write, stream.writableEnded, stream.writableFinished, stream.writableHighWaterMark, stream.writableLength, stream.destroyed, Object.keys(context).sort()]); stream.end(); });",
}).map(([name, code]) => [
  name,
  name === UNENDED ? { ...script(code), timeoutMs: UNENDED_TIMEOUT_MS } : script(code),
]);

/**
 * Functions that end by what no handler answers for. The newer client leaves that to Node.js, unlike Lambda; of a
 * promise that never settles both say less than Lambda does.
 */
export const STRAY: Cases = Object.entries({
  "an exception of a timer":
    "exports.handler = () => new Promise(() => setTimeout(() => { throw new RangeError('stray'); }, 5));",
  "a rejection that nobody handles":
    "exports.handler = async () => { Promise.reject(Object.assign(new RangeError('stray'), { code: 'E1' })); await new Promise((resolve) => setTimeout(resolve, 1000)); };",
  "a rejection with text":
    "exports.handler = async () => { Promise.reject('stray'); await new Promise((resolve) => setTimeout(resolve, 1000)); };",
  "what is written after the end of a stream":
    "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.end('a'); stream.write('b'); });",
  "an exit": "exports.handler = async () => process.exit(3);",
  "an exit without an error": "exports.handler = async () => process.exit(0);",
  "an exit code": "exports.handler = async () => { process.exitCode = 5; return 'fine'; };",
  "a signal":
    "exports.handler = async () => { process.kill(process.pid, 'SIGKILL'); await new Promise((resolve) => setTimeout(resolve, 1000)); };",
  "listeners of its own":
    "process.on('uncaughtException', () => undefined); exports.handler = () => new Promise((resolve) => { setTimeout(() => { throw new Error('stray'); }, 5); setTimeout(resolve, 100, 'went on'); });",
}).map(([name, code]) => [name, script(code)]);
