const { createServer } = require("node:http");

createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  response.writeHead(request.url === "/" ? 200 : 203, { "x-from": "plain server" });
  response.write(`${request.method} ${request.url} `);
  response.end(body);
}).listen(8080, "127.0.0.1");
