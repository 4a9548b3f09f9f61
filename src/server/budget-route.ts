import type { IncomingMessage, ServerResponse } from "node:http";
import { type CallerIdentity, meteringLimits } from "../base/index.ts";
import { BudgetError, type Budgets, parseBudget } from "../metering/index.ts";
import type { DoorRoute } from "../wire/index.ts";

type Handle = (call: {
  readonly account: string;
  readonly name: string;
  readonly body: Uint8Array;
}) => Promise<{ readonly status: number; readonly body: unknown }>;

/**
 * Budgets of the caller's account: `GET /_lambkin/budgets` lists them with what is spent, `PUT ?name=` sets one to the
 * JSON of its body (`amount`, `period`, `function` or `tag`, `at`, `notify`), `DELETE ?name=` takes one away.
 */
export function budgetRoutes(budgets: Budgets): DoorRoute[] {
  const path = "/_lambkin/budgets";
  return [
    {
      method: "GET",
      path,
      access: "signed",
      handle: answered(async ({ account }) => ({
        status: 200,
        body: { budgets: await budgets.list(account) },
      })),
    },
    {
      method: "PUT",
      path,
      access: "signed",
      mostBodyBytes: meteringLimits.requestBodyBytes,
      handle: answered(async ({ account, name, body }) => {
        const definition = parseBudget(Buffer.from(body).toString("utf8"));
        return { status: 200, body: await budgets.set(account, name, definition) };
      }),
    },
    {
      method: "DELETE",
      path,
      access: "signed",
      handle: answered(async ({ account, name }) => {
        if (await budgets.delete(account, name)) return { status: 200, body: { name } };
        return { status: 404, body: { message: `There is no budget ${name}.` } };
      }),
    },
  ];
}

function answered(handle: Handle): DoorRoute["handle"] {
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    caller: CallerIdentity | undefined,
    body: Uint8Array,
  ) => {
    const name = new URL(request.url ?? "", "http://localhost").searchParams.get("name") ?? "";
    try {
      if (caller === undefined) return answer(response, 403, { message: "The request is not signed." });
      const result = await handle({ account: caller.account, name, body });
      answer(response, result.status, result.body);
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      answer(response, 400, { message: error.message });
    }
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}
