/// <reference lib="esnext.disposable" preserve="true" />
import type { LambkinOptions, RunningLambkin } from "./interfaces.ts";

export type { LambkinCredentials, LambkinOptions, RunningLambkin } from "./interfaces.ts";

/**
 * Starts a server in this process, ready for requests when the promise resolves. Several can run at once, each with
 * its own port and data. It takes no signals and never ends the process; close it, or declare it with `await using`.
 * Rejects with an Error whose message is a sentence for people, and then nothing of it is left.
 */
export async function start(options: LambkinOptions = {}): Promise<RunningLambkin> {
  const { ephemeral = options.dataDirectory === undefined, region = "us-east-1", secure = false } = options;
  if (ephemeral !== (options.dataDirectory === undefined)) {
    throw new TypeError(
      "either `ephemeral` is true and keeps nothing, or `dataDirectory` says where to keep it",
    );
  }
  const { startServer } = await import("../server/index.ts");
  const server = await startServer({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    dataDirectory: options.dataDirectory,
    region,
    account: options.account ?? "000000000000",
    secure,
    isolation: options.isolation,
    runsc: options.runsc,
    tls: options.tls === true ? "generated" : options.tls === false ? undefined : options.tls,
    egress: options.egress,
    pool: options.pool,
    initFolder: options.initDirectory,
    logLevel: options.logLevel ?? "warn",
    logFormat: "text",
  });
  const { accessKeyId, secretAccessKey } = server.rootCredentials ?? {
    accessKeyId: "test",
    secretAccessKey: "test",
  };
  const close = () => server.close();
  return {
    endpoint: server.endpoint,
    port: Number(new URL(server.endpoint).port),
    caBundle: server.caBundle,
    region,
    credentials: { accessKeyId, secretAccessKey },
    env: {
      AWS_ENDPOINT_URL: server.endpoint,
      ...(server.caBundle === undefined
        ? {}
        : { AWS_CA_BUNDLE: server.caBundle, NODE_EXTRA_CA_CERTS: server.caBundle }),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
    },
    notices: server.notices,
    dataDirectory: server.dataDirectory,
    close,
    [Symbol.asyncDispose]: close,
  };
}
