import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/index.ts";
import type { BlobStore } from "../storage/index.ts";
import type { DoorRoute } from "../wire/index.ts";

const PATH = "/_lambkin/code/";

/**
 * Links to deployment packages, as `Code.Location` of GetFunction gives them: good for a plain GET until they expire,
 * and for nothing but the one package.
 */
export class CodeLinks {
  readonly #key: Uint8Array;
  readonly #blobs: BlobStore;
  readonly #clock: Clock;

  constructor(options: { readonly masterKey: Uint8Array; readonly blobs: BlobStore; readonly clock: Clock }) {
    this.#key = createHmac("sha256", options.masterKey).update("lambkin code links").digest();
    this.#blobs = options.blobs;
    this.#clock = options.clock;
  }

  /** `expiresAt` is epoch milliseconds. */
  locate(code: {
    readonly account: string;
    readonly sha256: string;
    readonly expiresAt: number;
    readonly endpoint: string;
  }): string {
    const file = `${code.account}/${code.sha256}`;
    return `${code.endpoint}${PATH}${file}?expires=${code.expiresAt}&signature=${this.#sign(file, code.expiresAt).toString("hex")}`;
  }

  route(): DoorRoute {
    return {
      method: "GET",
      path: PATH,
      access: "open",
      handle: async (request, response) => {
        const url = new URL(request.url ?? "", "http://localhost");
        const file = url.pathname.slice(PATH.length);
        const expires = Number(url.searchParams.get("expires"));
        const given = Buffer.from(url.searchParams.get("signature") ?? "", "hex");
        const right = this.#sign(file, expires);
        const genuine = given.length === right.length && timingSafeEqual(given, right);
        if (!genuine || !(expires > this.#clock.now())) {
          response
            .writeHead(403, { "content-type": "text/plain" })
            .end("This link is not valid, or no longer.\n");
          return;
        }
        const content = await this.#blobs.open(file.split("/")[1] ?? "");
        response.writeHead(200, { "content-type": "application/zip" });
        content.on("error", (error) => response.destroy(error)).pipe(response);
      },
    };
  }

  #sign(file: string, expiresAt: number): Buffer {
    return createHmac("sha256", this.#key).update(`${file}\n${expiresAt}`).digest();
  }
}
