import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import {
  CpuSaturation,
  type Log,
  machineCpu,
  processCpuMs,
  serverLimits,
  sleep,
  systemClock,
  systemRandomness,
} from "../base/index.ts";
import { createEnvironmentHost, StartBudget, startsOfThisMachine } from "../environments/index.ts";
import { createFunctions } from "../functions/index.ts";
import { createInvoker } from "../invoke/index.ts";
import {
  Budgets,
  openUsageLedger,
  ProvisionedMeter,
  parsePriceList,
  publicPrices,
} from "../metering/index.ts";
import type { RuntimeCatalog } from "../runtimes/index.ts";
import { createIam } from "../services/iam/index.ts";
import { createLogs } from "../services/logs/index.ts";
import type { S3Service } from "../services/s3/index.ts";
import { createSts } from "../services/sts/index.ts";
import { createCredentials, createDoor } from "../wire/index.ts";
import { announce, notices } from "./announcement.ts";
import { AuditLog } from "./audit/audit-log.ts";
import { backupRoute } from "./backup-route.ts";
import { budgetRoutes } from "./budget-route.ts";
import { CodeLinks } from "./code-links.ts";
import { DevelopmentRoute } from "./development-route.ts";
import { routeEvents } from "./event-targets.ts";
import type { Groundwork } from "./groundwork.ts";
import { openLiveDirectories } from "./hot-reload.ts";
import { clientEnvironment, runInitScripts } from "./init-scripts.ts";
import { metricsRoute } from "./metrics/metrics-route.ts";
import { RequestMetrics } from "./metrics/request-metrics.ts";
import type { RunningServer, ServerOptions } from "./options.ts";
import { PhaseHolder } from "./phase.ts";
import { queueRoutes } from "./queue-route.ts";
import { openRootCredentials, withRoot } from "./root-credentials.ts";
import { serverRoutes } from "./routes.ts";
import { ServiceRegistry } from "./services.ts";
import type { ServerTls } from "./tls/interfaces.ts";
import { usageRoutes } from "./usage-route.ts";

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

  const prices =
    options.prices === undefined
      ? await publicPrices()
      : parsePriceList(await readFile(options.prices, "utf8"));

  const iam = createIam({ state: storage.state, clock, randomness, log });
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
          log,
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
  const s3 = async () => {
    await services.find("s3");
    if (opened === undefined) throw new Error("S3 is not open");
    return opened;
  };

  const runtimes = await groundwork.runtimes;
  const codeLinks = new CodeLinks({ masterKey: data.masterKey, blobs: storage.blobs, clock });
  const liveDirectories = await openLiveDirectories(
    options,
    { dataDirectory: data.path, buildDirectory: within("builds") },
    log,
  );
  if (liveDirectories !== undefined) teardown.add("live directories", () => liveDirectories.close());
  const functions = await createFunctions({
    liveDirectories,
    state: storage.state,
    blobs: storage.blobs,
    unpackDirectory: await folder("packages"),
    objects: { read: async (object) => (await s3()).reader.read(object) },
    roles: iam.roles,
    requireRoles: secure,
    // Nothing reads queues, streams or topics yet.
    eventSources: { check: async () => "unserved" },
    codeLocation: (code) => codeLinks.locate(code),
    destinationServices: new Set(["lambda", "s3"]),
    runtimes: (identifier) => runnable(runtimes, identifier),
    clock,
    randomness,
    log,
  });
  teardown.add("functions", () => functions.close());
  const { catalog } = functions;
  const provisionedMeter = new ProvisionedMeter({
    functions: () => catalog.provisionedFunctions(),
    allotments: (arn) => catalog.concurrency(arn)?.provisioned ?? [],
    onChange: (listener) => catalog.onConcurrencyChanged(listener),
    ledger,
    clock,
  });
  teardown.add("charges of provisioned concurrency", () => provisionedMeter.close());

  const ready = Promise.withResolvers<Running>();
  const lambda = ready.promise.then(({ invoker }) => ({
    name: "lambda" as const,
    operations: { ...functions.operations, ...invoker.operations },
  }));
  // Told to whoever waits for it, which may be nobody.
  lambda.catch(() => undefined);
  teardown.add("calls of Lambda before it was ready", () =>
    ready.reject(new Error("the server ended before it was ready")),
  );
  const targets = routeEvents(
    {
      lambda: {
        check: async (...target) => (await ready.promise).invoker.eventTarget.check(...target),
        deliver: async (event) => (await ready.promise).invoker.eventTarget.deliver(event),
      },
    },
    log,
  );

  const development = new DevelopmentRoute({
    catalog: functions.catalog,
    door:
      liveDirectories === undefined
        ? undefined
        : { debug: async (...asked) => (await ready.promise).host.debug(...asked) },
    region,
    log,
  });
  const budgets = new Budgets({ state: storage.state, ledger, prices, targets, clock, log });
  teardown.add("budgets", () => budgets.close());

  const version = await packageVersion();
  const phase = new PhaseHolder();
  const requests = new RequestMetrics();
  const audit =
    options.audit === false ? undefined : new AuditLog({ directory: within("audit"), clock, log });
  if (audit !== undefined) teardown.add("audit log", () => audit.close());
  let running: Running | undefined;
  const tls = await speakTls(options, within("tls"), log);
  const door = createDoor({
    ...(tls === undefined ? {} : { tls }),
    services: (name) => services.find(name)?.then(({ service }) => service),
    credentials,
    onAnswered: (answered) => {
      requests.record(answered);
      audit?.record(answered);
    },
    routes: [
      ...serverRoutes({
        version,
        region,
        clock,
        phase,
        running: () => ready.promise,
        runtimes,
        services: () => services.states(),
      }),
      ...budgetRoutes(budgets),
      ...usageRoutes({ ledger, prices, account: secure ? account : undefined, clock }),
      metricsRoute({
        version,
        phase,
        requests,
        audit,
        door: () => door,
        running: () => running,
        queue: storage.queue,
        budgets,
      }),
      ...queueRoutes(storage.queue, region),
      development.route(),
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
    hostNames: tls?.hostNames ?? [],
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
  const caBundle = tls?.bundleFile;
  const scheme = tls === undefined ? "http" : "https";
  const endpoint = `${scheme}://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;

  groundwork.setEndpointPort(address.port);
  const tier = await groundwork.tier;
  const functionsMs = async () => tier.cpuMs?.();
  const saturation = new CpuSaturation(clock, machineCpu, { processMs: processCpuMs, functionsMs });
  const starts = new StartBudget(
    startsOfThisMachine(),
    clock,
    () => saturation.now,
    () => saturation.byOurs,
  );
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
    pooled: options.pool ?? true,
    starts,
    clock,
    randomness,
    log,
  });
  functions.catalog.onServing((target) => host.expect(target));
  const drainMs = options.drainMs ?? serverLimits.drainMs;
  let drainUntil = 0;
  // What has had its time is left to the sandboxes' own end, which follows.
  teardown.add("environments", () => {
    const restMs = Math.max(drainUntil - clock.monotonicMs(), 0) + serverLimits.endEnvironmentsMs;
    return Promise.race([host.drain(), sleep(clock, restMs)]);
  });
  const invoker = createInvoker({
    catalog: functions.catalog,
    host,
    starts,
    queue: storage.queue,
    durableDirectory: within("durable"),
    timers: storage.timers,
    state: storage.state,
    roles: iam.roles,
    destinations: { s3: { send: async (record) => (await s3()).invocationRecords.send(record) } },
    ledger,
    mostEnvironments: options.maxEnvironments,
    memoryReserveBytes:
      options.memoryReserveMiB === undefined ? undefined : options.memoryReserveMiB * 1_024 * 1_024,
    clock,
    randomness,
    log,
  });
  teardown.add("durable executions", () => invoker.close());
  teardown.add("invocations", () => invoker.drain(drainMs));
  running = { host, invoker };
  ready.resolve(running);
  await storage.resume();
  invoker.start();
  provisionedMeter.start();
  budgets.start();

  await services.resume();
  if (options.initFolder !== undefined) {
    await runInitScripts({
      folder: path.resolve(options.initFolder),
      dataDirectory: data.path,
      environment: clientEnvironment({ endpoint, caBundle, region, account, root }),
      log,
    });
  }
  const announcement = await announce(data.path, endpoint, caBundle);
  teardown.add("announcement", () => announcement.withdraw());
  teardown.add("listener", () => door.stopListening());
  teardown.add("readiness", async () => {
    phase.current = "draining";
    log.info("the server drains", counted(invoker));
    await sleep(clock, options.drainDelayMs ?? 0);
    drainUntil = clock.monotonicMs() + drainMs;
  });
  phase.current = "ready";
  log.info("the server is ready", { endpoint, dataDirectory: data.path, isolation: tier.report.tier });
  return {
    endpoint,
    caBundle,
    dataDirectory: data.path,
    rootCredentials: root,
    notices: notices(options, tier.report, root === undefined ? undefined : within("root-credentials.json")),
    close: () => teardown.run(),
  };
}

function counted(invoker: Running["invoker"]) {
  const { inFlight, waiting, unsettledEvents } = invoker.counts();
  return { inFlight, waiting, unsettledEvents };
}

interface Running {
  readonly host: ReturnType<typeof createEnvironmentHost>;
  readonly invoker: ReturnType<typeof createInvoker>;
}

function runnable(runtimes: RuntimeCatalog, identifier: string) {
  const runtime = runtimes.find(identifier);
  if (runtime !== undefined) {
    return {
      supported: true,
      versionArn: (region: string) => runtime.runtimeVersionArn(region),
      ...(runtime.notice === undefined ? {} : { notice: runtime.notice }),
    } as const;
  }
  const detail =
    runtimes.list().find((entry) => entry.identifier === identifier)?.detail ??
    "This server has nothing that runs it.";
  return { supported: false, detail } as const;
}

/** Loaded only where it is asked for. */
async function speakTls(options: ServerOptions, directory: string, log: Log): Promise<ServerTls | undefined> {
  if (options.tls === undefined) return undefined;
  const { openTls } = await import("./tls/index.ts");
  const { host, region } = options;
  return openTls(options.tls, { directory, host, region, clock, randomness, log });
}

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
