import type { ServerResponse } from "node:http";
import type { CallerIdentity } from "../base/index.ts";
import { developmentLimits, type Log, ServiceError, toError } from "../base/index.ts";
import type { DebuggerDoor } from "../environments/index.ts";
import type { FunctionCatalog, ResolvedFunction } from "../functions/index.ts";
import type { DoorRoute } from "../wire/index.ts";

export interface DevelopmentRouteParts {
  readonly catalog: FunctionCatalog;
  /** Undefined where this server does not serve development. */
  readonly door: DebuggerDoor | undefined;
  readonly region: string;
  readonly log: Log;
}

type Told = (event: object) => void;

/**
 * What `lambkin dev` holds open: one JSON object a line about each reload, as long as the request lasts. Debuggers may
 * attach to the functions that it names with `debug=NAME:PORT` for as long.
 */
export class DevelopmentRoute {
  readonly #parts: DevelopmentRouteParts;
  readonly #told = new Set<Told>();

  constructor(parts: DevelopmentRouteParts) {
    this.#parts = parts;
    parts.catalog.onReloaded((target, { paths }) => {
      if (paths.length === 0 || target.version !== "$LATEST") return;
      for (const tell of this.#told) tell({ event: "reload", function: target.name, paths });
    });
  }

  route(): DoorRoute {
    return {
      method: "POST",
      path: "/_lambkin/development",
      access: "signed",
      handle: (request, response, caller) => this.#handle(request.url ?? "", response, caller),
    };
  }

  async #handle(url: string, response: ServerResponse, caller: CallerIdentity | undefined): Promise<void> {
    const { door } = this.#parts;
    const query = new URL(url, "http://localhost").searchParams;
    if (door === undefined || caller === undefined || this.#told.size >= developmentLimits.watchers) {
      const message = "This server does not serve development: it is secure, or listens beyond loopback.";
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ message }));
      return;
    }
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const tell: Told = (event) => void response.write(`${JSON.stringify(event)}\n`);
    const gone = new Promise<void>((resolve) => response.once("close", resolve));
    tell({ event: "watching" });
    this.#told.add(tell);
    const ends: (() => Promise<void>)[] = [];
    for (const named of query.getAll("debug")) {
      try {
        ends.push(await this.#debug(named, query.get("region") ?? this.#parts.region, caller, door, tell));
      } catch (error) {
        tell({ event: "failed", function: named, message: toError(error).message });
        if (!(error instanceof ServiceError)) this.#parts.log.info("a function is not debugged", { error });
      }
    }
    await gone;
    this.#told.delete(tell);
    for (const end of ends) await end();
  }

  async #debug(
    named: string,
    region: string,
    { account }: CallerIdentity,
    door: DebuggerDoor,
    tell: Told,
  ): Promise<() => Promise<void>> {
    const [functionName = "", port = "0"] = named.split(":");
    const { catalog } = this.#parts;
    const target: ResolvedFunction = catalog.resolve({ account, region, functionName });
    const debugged = await door.debug({ functionArn: target.arn, runtime: target.runtime }, Number(port));
    catalog.serveAlone(target.arn, true);
    tell({ event: "debugging", function: target.name, runtime: target.runtime, port: debugged.port });
    return async () => {
      await debugged.end();
      catalog.serveAlone(target.arn, false);
    };
  }
}
