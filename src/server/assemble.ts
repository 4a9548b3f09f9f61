import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { serverLimits, systemClock, systemRandomness } from "../base/index.ts";
import { createEnvironmentHost } from "../environments/index.ts";
import { createFunctions } from "../functions/index.ts";
import { createInvoker } from "../invoke/index.ts";
import { openUsageLedger } from "../metering/index.ts";
import type { RuntimeCatalog } from "../runtimes/index.ts";
import { createIam } from "../services/iam/index.ts";
import { createLogs } from "../services/logs/index.ts";
import type { S3Service } from "../services/s3/index.ts";
import { createSts } from "../services/sts/index.ts";
import { createCredentials, createDoor } from "../wire/index.ts";
import { backupRoute } from "./backup-route.ts";
import { CodeLinks } from "./code-links.ts";
import { routeEvents } from "./event-targets.ts";
import type { Groundwork } from "./groundwork.ts";
import { clientEnvironment, runInitScripts } from "./init-scripts.ts";
import type { RunningServer, ServerOptions } from "./options.ts";
import { openRootCredentials, withRoot } from "./root-credentials.ts";
import { serverRoutes } from "./routes.ts";
import { ServiceRegistry } from "./services.ts";

const SERVER_FILE = "server.json";

const clock = systemClock;
const randomness = systemRandomness;

/** Puts all rooms together on the groundwork and answers on the port. */
export async function assemble(options: ServerOptions, groundwork: Groundwork): Promise<RunningServer> {
  const { region, account, secure } = options;
  const { data, log, teardown } = groundwork;
  const within = (...names: string[]) => path.join(data.path, ...names);
  const folder = async (...names: string[]) => {
    await mkdir(within(...names), { recursive: true, mode: 0o700 });
    return within(...names);
  };

  const storage = await groundwork.storage;
  const ledger = await openUsageLedger({ directory: await folder("usage"), clock, log });
  teardown.add("usage ledger", () => ledger.close());

  const iam = createIam({ state: storage.state, clock, randomness });
  teardown.add("IAM", () => iam.close());
  const root = secure ? await openRootCredentials(data.path, account, randomness) : undefined;
  const accessKeys = withRoot(root, iam.accessKeys);
  const credentials = createCredentials({
    masterKey: data.masterKey,
    accessKeys,
    secure,
    defaultAccount: account,
    clock,
    randomness,
  });
  const logs = createLogs({ directory: await folder("logs"), clock, log });
  teardown.add("logs", () => logs.close());

  const services = new ServiceRegistry(data.path, [
    { name: "iam", open: () => iam },
    { name: "logs", open: () => ({ service: logs.service }) },
    {
      name: "sts",
      open: () => ({
        service: createSts({
          roles: iam.roles,
          accessKeys,
          issuer: credentials,
          clock,
          requireRoles: secure,
        }),
      }),
    },
    {
      name: "dynamodb",
      directory: "dynamodb",
      open: async (directory) => {
        const { createDynamoDb } = await import("../services/dynamodb/index.ts");
        return createDynamoDb({ directory, clock, randomness, log });
      },
    },
    {
      name: "s3",
      directory: "s3",
      open: async (directory) => {
        const { createS3 } = await import("../services/s3/index.ts");
        const s3 = await createS3({ directory, targets, clock, randomness, log });
        opened = s3;
        return s3;
      },
    },
    { name: "lambda", open: async () => ({ service: await lambda }) },
  ]);
  teardown.add("services", () => services.close());
  let opened: S3Service | undefined;

  const runtimes = await groundwork.runtimes;
  const codeLinks = new CodeLinks({ masterKey: data.masterKey, blobs: storage.blobs, clock });
  const functions = await createFunctions({
    state: storage.state,
    blobs: storage.blobs,
    unpackDirectory: await folder("packages"),
    objects: {
      async read(object) {
        await services.find("s3");
        if (opened === undefined) throw new Error("S3 is not open");
        return opened.reader.read(object);
      },
    },
    roles: iam.roles,
    requireRoles: secure,
    codeLocation: (code) => codeLinks.locate(code),
    runtimes: (identifier) => runnable(runtimes, identifier),
    clock,
    randomness,
    log,
  });
  teardown.add("functions", () => functions.close());

  const ready = Promise.withResolvers<Running>();
  ready.promise.catch(() => undefined);
  const lambda = ready.promise.then(({ invoker }) => ({
    name: "lambda" as const,
    operations: { ...functions.operations, ...invoker.operations },
  }));
  const targets = routeEvents(
    {
      lambda: {
        check: async (...target) => (await ready.promise).invoker.eventTarget.check(...target),
        deliver: async (event) => (await ready.promise).invoker.eventTarget.deliver(event),
      },
    },
    log,
  );

  const version = await packageVersion();
  const door = createDoor({
    services: (name) => services.find(name)?.then(({ service }) => service),
    credentials,
    routes: [
      ...serverRoutes({
        version,
        region,
        clock,
        host: () => ready.promise.then(({ host }) => host),
        ledger,
        services: () => services.states(),
      }),
      codeLinks.route(),
      backupRoute({
        dataDirectory: data.path,
        account: secure ? account : undefined,
        async hold() {
          await ledger.sync();
          await services.resume();
          const releaseBlobs = storage.holdBlobs();
          const releaseBodies = opened?.holdBodies();
          return async () => {
            releaseBodies?.();
            await releaseBlobs();
          };
        },
        clock,
        log,
      }),
    ],
    defaultRegion: region,
    defaultAccount: account,
    hostNames: [],
    clock,
    randomness,
    log,
  });
  teardown.add("door", () => door.close(serverLimits.closeConnectionsMs));
  const address = await door
    .listen({ host: options.host, port: options.port })
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") throw error;
      throw new Error(`port ${options.port} of ${options.host} is taken; \`--port 0\` picks a free one`, {
        cause: error,
      });
    });
  const endpoint = `http://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;

  groundwork.setEndpointPort(address.port);
  const tier = await groundwork.tier;
  const host = createEnvironmentHost({
    tier,
    runtimes,
    credentials: (spec) =>
      credentials.assumeRole({
        roleArn: spec.roleArn,
        roleId: spec.roleId,
        sessionName: spec.functionName,
        durationSeconds: serverLimits.functionCredentialsSeconds,
      }),
    logs: logs.sink,
    onEndpoint: (socket, peer) => door.accept(socket, peer),
    clock,
    randomness,
    log,
  });
  teardown.add("environments", () => host.drain());
  const invoker = createInvoker({
    catalog: functions.catalog,
    host,
    queue: storage.queue,
    roles: iam.roles,
    ledger,
    clock,
    randomness,
    log,
  });
  teardown.add("invocations", () => invoker.drain(serverLimits.drainMs));
  ready.resolve({ host, invoker });
  await storage.resume();
  invoker.start();

  await services.resume();
  if (options.initFolder !== undefined) {
    await runInitScripts({
      folder: path.resolve(options.initFolder),
      dataDirectory: data.path,
      environment: clientEnvironment({ endpoint, region, account, root }),
      log,
    });
  }
  await announce(within(SERVER_FILE), { pid: process.pid, endpoint });
  teardown.add("announcement", () => rm(within(SERVER_FILE), { force: true }));
  teardown.add("listener", () => door.stopListening());
  return {
    endpoint,
    dataDirectory: data.path,
    rootCredentials: root,
    notices: notices(options, tier.report, root === undefined ? undefined : within("root-credentials.json")),
    close: () => teardown.run(),
  };
}

interface Running {
  readonly host: ReturnType<typeof createEnvironmentHost>;
  readonly invoker: ReturnType<typeof createInvoker>;
}

/** Tells the other commands where this server is. */
async function announce(
  file: string,
  content: { readonly pid: number; readonly endpoint: string },
): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function runnable(runtimes: RuntimeCatalog, identifier: string) {
  const runtime = runtimes.find(identifier);
  if (runtime !== undefined) {
    return { supported: true, versionArn: (region: string) => runtime.runtimeVersionArn(region) } as const;
  }
  const detail =
    runtimes.list().find((entry) => entry.identifier === identifier)?.detail ??
    "This server has nothing that runs it.";
  return { supported: false, detail } as const;
}

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function notices(
  options: ServerOptions,
  report: {
    readonly tier: string;
    readonly limits: readonly { readonly name: string; readonly holds: boolean; readonly detail: string }[];
  },
  rootFile: string | undefined,
): string[] {
  const lines: string[] = [];
  if (report.tier === "process") {
    const reason = report.limits.find(({ holds }) => !holds)?.detail ?? "";
    lines.push(
      `warning: functions run as plain processes, without isolation (${reason}); \`lambkin doctor\` says more`,
    );
  }
  if (rootFile !== undefined) lines.push(`root credentials are in ${rootFile}`);
  if (!options.secure && !/^(127\.|::1$|localhost$)/.test(options.host)) {
    lines.push(
      `warning: ${options.host} can be reached from elsewhere and signatures are not verified; --secure verifies them`,
    );
  }
  return lines;
}
