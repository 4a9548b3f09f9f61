import { readFileSync } from "node:fs";
import { type Command, CommandFailure, textOption, UsageError } from "../command.ts";
import { CONNECTION_HELP, CONNECTION_OPTIONS, send } from "../connection.ts";
import { complain, print, printJson } from "../output.ts";

export const invoke: Command = {
  name: "invoke",
  synopsis: "FUNCTION [PAYLOAD | @FILE | -] [--qualifier Q] [--async] [--json]",
  summary: "Invoke a function and show its answer and log. Exits with 1 on a function error.",
  options: {
    ...CONNECTION_OPTIONS,
    qualifier: { type: "string" },
    async: { type: "boolean" },
    json: { type: "boolean" },
  },
  help: {
    ...CONNECTION_HELP,
    "--qualifier Q": "version or alias",
    "--async": "hand the event over and do not wait",
    "--json": "answer in JSON, log included",
  },
  async run({ options, positionals }) {
    const [name, payload, ...rest] = positionals;
    if (name === undefined || rest.length > 0)
      throw new UsageError("it takes a function's name and at most one payload");
    const qualifier = textOption(options, "qualifier");
    const asynchronous = options["async"] === true;
    const answer = await send(options, {
      service: "lambda",
      method: "POST",
      path: `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`,
      query: qualifier === undefined ? {} : { Qualifier: qualifier },
      headers: asynchronous ? { "x-amz-invocation-type": "Event" } : { "x-amz-log-type": "Tail" },
      body: payloadBytes(payload),
    });
    if (answer.status >= 300) throw new CommandFailure(answer.errorText());
    const functionError = answer.headers.get("x-amz-function-error");
    const log = Buffer.from(answer.headers.get("x-amz-log-result") ?? "", "base64").toString("utf8");
    if (options["json"] === true) {
      printJson({
        statusCode: answer.status,
        requestId: answer.headers.get("x-amzn-requestid"),
        ...(functionError === null ? {} : { functionError }),
        payload: answer.text,
        log,
      });
    } else {
      if (log !== "") complain(log.trimEnd());
      print(asynchronous ? `accepted as ${answer.headers.get("x-amzn-requestid")}` : answer.text);
    }
    return functionError === null ? 0 : 1;
  },
};

function payloadBytes(argument: string | undefined): Uint8Array {
  if (argument === undefined) return new Uint8Array();
  if (argument === "-") return readFileSync(0);
  if (!argument.startsWith("@")) return Buffer.from(argument);
  try {
    return readFileSync(argument.slice(1));
  } catch (error) {
    throw new CommandFailure(`the payload can't be read: ${(error as Error).message}`);
  }
}
