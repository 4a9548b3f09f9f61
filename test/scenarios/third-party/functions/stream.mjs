import { Readable } from "node:stream";
import middy from "@middy/core";

export const handler = middy({ streamifyResponse: true }).handler(async (event) => ({
  statusCode: 201,
  headers: { "x-kind": "stream" },
  body: Readable.from(event.parts),
}));
