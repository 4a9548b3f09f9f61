import type { ServerResponse } from "node:http";
import { functionArn, parseArn } from "../base/index.ts";
import type { EventQueue } from "../storage/index.ts";
import type { DoorRoute } from "../wire/index.ts";

/**
 * Shows how many asynchronous events wait or are at work for each function of the caller's account, and drops those of
 * one function (`function`, its name, in `region` or the server's, or its ARN). AWS has nothing like it; a backlog there
 * can only be seen by its metrics and waited out.
 */
export function queueRoutes(queue: Pick<EventQueue, "depth" | "purge">, defaultRegion: string): DoorRoute[] {
  return [
    {
      method: "GET",
      path: "/_lambkin/queue",
      access: "signed",
      handle: async (_, response, caller) => {
        if (caller === undefined) return unsigned(response);
        const functions = Object.entries(await queue.depth())
          .filter(([arn]) => parseArn(arn)?.account === caller.account)
          .map(([arn, events]) => ({ functionArn: arn, events }))
          .toSorted((a, b) => b.events - a.events || a.functionArn.localeCompare(b.functionArn));
        answer(response, 200, { functions });
      },
    },
    {
      method: "DELETE",
      path: "/_lambkin/queue",
      access: "signed",
      handle: async (request, response, caller) => {
        if (caller === undefined) return unsigned(response);
        const { searchParams } = new URL(request.url ?? "", "http://localhost");
        const name = searchParams.get("function") ?? "";
        const region = searchParams.get("region") ?? defaultRegion;
        const arn = name.startsWith("arn:") ? name : functionArn(caller.account, region, name);
        if (!/^function:[A-Za-z0-9_-]+$/.test(parseArn(arn)?.resource ?? "")) {
          answer(response, 400, { message: "`function` takes a function's name or unqualified ARN." });
        } else if (parseArn(arn)?.account !== caller.account) {
          answer(response, 403, { message: "The function is of another account." });
        } else answer(response, 200, { functionArn: arn, dropped: await queue.purge(arn) });
      },
    },
  ];
}

function unsigned(response: ServerResponse): void {
  answer(response, 403, { message: "The request is not signed." });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}
