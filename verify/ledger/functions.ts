/**
 * The functions of the ledger's proof: each run writes to a file of the machine when its handler starts and answers. Its
 * path stands in the code, because in variables a plain process is told another place for `/tmp`.
 */
export function sourceOf(sinkFile: string): string {
  return `
const fs = require("node:fs");
const sink = fs.openSync(${JSON.stringify(sinkFile)}, "a");
// Numbers of processes come again.
const self = process.pid + "-" + require("node:crypto").randomUUID();
const note = (what, context) =>
  fs.writeSync(sink, [what, context.awsRequestId, context.functionName, self, Date.now()].join(" ") + "\\n");

exports.answers = async (event, context) => {
  note("start", context);
  const answer = { ...event, seen: true };
  note("answer", context);
  return answer;
};
exports.fails = async (event, context) => {
  note("start", context);
  note("answer", context);
  throw new Error("as asked");
};
exports.sleeps = async (event, context) => {
  note("start", context);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
};
exports.streams = awslambda.streamifyResponse(async (event, stream, context) => {
  note("start", context);
  for (let n = 0; n < 4; n += 1) stream.write("x".repeat(500));
  note("answer", context);
  stream.end();
});
`;
}

export interface Kind {
  readonly functionName: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly how: "sync" | "stream" | "event";
  /** What the ledger is to say of it. */
  readonly status: "success" | "error" | "timeout";
  /** Of a thousand invocations. */
  readonly share: number;
}

/** Shares add up to a thousand. */
export const KINDS: readonly Kind[] = [
  kind({ functionName: "first", share: 300 }),
  kind({ functionName: "second", share: 228 }),
  kind({ functionName: "fails", handler: "index.fails", status: "error", share: 100 }),
  kind({ functionName: "streams", handler: "index.streams", how: "stream", share: 70 }),
  kind({ functionName: "sleeps", handler: "index.sleeps", status: "timeout", timeoutSeconds: 1, share: 2 }),
  kind({ functionName: "later", how: "event", share: 200 }),
  kind({ functionName: "fails-later", handler: "index.fails", how: "event", status: "error", share: 100 }),
];

function kind(of: Partial<Kind> & Pick<Kind, "functionName" | "share">): Kind {
  return { handler: "index.answers", timeoutSeconds: 30, how: "sync", status: "success", ...of };
}
