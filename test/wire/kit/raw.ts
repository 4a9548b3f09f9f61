import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything that came, `100 Continue` included. */
  readonly text: string;
}

/** Sends bytes as they are and reads until the server closes or has sent one whole answer. */
export function exchange(port: number, request: string | Uint8Array, timeoutMs = 60_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const parts: Buffer[] = [];
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${timeoutMs} ms; got ${Buffer.concat(parts).toString()}`));
    }, timeoutMs);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parse(Buffer.concat(parts).toString("latin1")));
    };
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      if (isWhole(Buffer.concat(parts).toString("latin1"))) finish();
    });
    socket.on("end", finish);
    socket.on("error", finish);
    socket.write(request);
  });
}

/** The text of a request with `Host` and, for a body, `Content-Length`. */
export function requestText(line: string, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const all: Record<string, string> = { Host: "localhost", ...headers };
  if (body !== "" && all["Content-Length"] === undefined && all["Transfer-Encoding"] === undefined) {
    all["Content-Length"] = String(Buffer.byteLength(body));
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

function isWhole(text: string): boolean {
  const answer = parse(text);
  if (answer.status === 0 || answer.status === 100) return false;
  const length = answer.headers["content-length"];
  if (length !== undefined) return answer.body.length >= Number(length);
  return answer.status === 204 || answer.status === 304;
}

function parse(text: string): RawAnswer {
  const rest = text.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, "");
  const split = rest.indexOf("\r\n\r\n");
  if (split === -1) return { status: 0, headers: {}, body: "", text };
  const [line = "", ...lines] = rest.slice(0, split).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((header) => {
      const colon = header.indexOf(":");
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(line.split(" ")[1]), headers, body: rest.slice(split + 4), text };
}
