const { Readable } = require("node:stream");
const middy = require("@middy/core").default;

exports.handler = middy({ streamifyResponse: true }).handler(async (event) => ({
  statusCode: 201,
  headers: { "x-kind": "stream" },
  body: Readable.from(event.parts),
}));
