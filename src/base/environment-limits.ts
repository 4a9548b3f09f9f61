/** The part of `limits.ts` that is about execution environments: their life, what waits for functions, what is kept. */

const KIB = 1024;
const MIB = 1024 * KIB;

export const environmentLimits = {
  /** Runtime API: 6 MiB and 100 bytes, in both directions. */
  runtimePayloadBytes: 6 * MIB + 100,
  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html */
  streamedResponseBytes: 200 * MIB,
  /** A stream may run ahead by so much, and beyond it goes at this pace. */
  streamBurstBytes: 6 * MIB,
  streamBytesPerSecond: 2 * MIB,
  streamRefillMs: 125,
  /** Runtime clients send X-Ray causes of up to 1 MiB in a header. */
  runtimeHeaderBytes: 1 * MIB + 64 * KIB,
  runtimeHeaderFields: 128,
  /** Connections of one environment whose heads may be longer than `runtimeUnreadBytes` at a time. */
  runtimeLongHeads: 4,
  /** Heads of a connection whose fields are remembered. */
  runtimeKnownFields: 8,
  /** Chunk size and extensions. */
  runtimeChunkLineBytes: 4 * KIB,
  /** Connections to the Runtime API of one environment; further ones are closed. */
  runtimeConnections: 64,
  /** Connections of one environment to the endpoint; further ones are closed. */
  endpointConnections: 512,
  /** Of all environments together, as shares of the descriptors that the server may have. */
  endpointConnectionsShare: 0.2,
  runtimeConnectionsShare: 0.1,
  /** Of requests that wait behind one that is not answered yet; beyond it the connection is read no further. */
  runtimeUnreadBytes: 64 * KIB,
  /** Of one connection, before others get their turn. Runtimes send two behind each other at most. */
  runtimeRequestsOfTurn: 8,
  /** How long an answer may wait for the next one that goes to the same runtime. */
  runtimeAnswerHeldMs: 10,
  initMs: 10_000,
  /** Of inits that no request waits for: so long, or the function's own time if that is longer. */
  initAheadMs: 130_000,
  /** Of one environment at full CPU speed in a row, and after which time there is one more. */
  fullSpeedInits: 3,
  fullSpeedAgainMs: 60_000,
  /** A starting environment takes part of the budget of starts for this long, */
  startShareMs: 1_000,
  /** or where no CPU is left for at most this long. */
  startShareMostMs: 10_000,
  /** While first environments of functions start there, or for events, one of a function that has some begins in this time. */
  furtherAtLeastMs: 2_000,
  /** The share of its time that the CPU of a machine which has none left is idle at most, and over how long at least. */
  saturatedIdleShare: 0.05,
  saturatedOverMs: 250,
  /** The share of all CPU time beyond which it is the server's and its functions' own doing. */
  saturatedOwnShare: 0.5,
  /**
   * An answer waits this long for the end of its invocation, so that a runtime which asks for more right after it
   * answered is idle again before its caller can send the next request.
   */
  answerHeldMs: 2,
  /** External and internal ones together. */
  extensions: 10,
  /** Of a registration, a subscription or an error that an extension posts. */
  extensionBodyBytes: 256 * KIB,
  /** From the start of a shutdown until everything is killed; without extensions nobody is asked. */
  shutdownExternalMs: 2_000,
  shutdownInternalMs: 500,
  /** Of that time the runtime's part. */
  shutdownRuntimeShare: 0.3,
  /** https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html#telemetry-subscribe-api */
  telemetryBuffering: {
    maxItems: { least: 1_000, most: 10_000, usual: 10_000 },
    maxBytes: { least: 262_144, most: 1_048_576, usual: 262_144 },
    timeoutMs: { least: 25, most: 30_000, usual: 1_000 },
  },
  /** What one subscriber has not taken yet, in sizes of its buffer; what comes beyond it is dropped and told. */
  telemetryBacklogBuffers: 4,
  /** What is kept of an init for subscribers that come later in it. */
  telemetryHistoryBytes: 4 * MIB,
  telemetryAttempts: 5,
  /** Before the second attempt, and twice, three times as long before the further ones. */
  telemetryRetryMs: 100,
  telemetryDeliveryMs: 5_000,
  telemetryAnswerBytes: 64 * KIB,
  /** What a runtime that reported its init as failed may still take to log and exit. */
  initErrorExitMs: 500,
  /** How long the output of a dead runtime is awaited that another process still holds open. */
  outputDrainMs: 100,
  /** What is read for it at most: the largest pipe, and what was read of it ahead. */
  outputDrainBytes: 1 * MIB + 64 * KIB,
  /** Processes of an environment may write so much ahead, and beyond it at this pace; an event counts as so much at least. */
  outputBurstBytes: 5 * MIB,
  outputBytesPerSecond: 5 * MIB,
  outputEventLeastBytes: 256,
  /** Of all environments together in one turn of the event loop, in the same measure. */
  outputBytesOfTurn: 128 * KIB,
  /** A longer line is more than one; of frames likewise. The largest buffer of a subscriber holds it. */
  outputLineBytes: 1 * MIB,
  outputRefillMs: 50,
  /** A memory reading this young is not repeated. */
  memoryFreshMs: 20,
  /** One that is about to be older is repeated when an invocation begins, if invocations follow each other closely. */
  memoryAheadMs: 3,
  /** No environment gets work after this age, busy or not. */
  lifetimeMs: 4 * 3_600_000,
  freezeDelayMs: 50,
  /** A freeze waits for telemetry that is being delivered until this long after the invocation. */
  freezePutOffMs: 1_000,
  logTailBytes: 4 * KIB,
  /** Of CloudWatch Logs: a longer line becomes several events. */
  logEventBytes: 256 * KIB - 26,
  openFiles: 1_024,
  processes: 1_024,
  /** What gVisor itself may take beside a function's memory. */
  gvisorMemoryMiB: 96,
  /** Of gVisor, some for each process and thread of the functions, which it counts itself. */
  gvisorThreads: 4_096,
  /** A vCPU's worth of memory: the CPU share of a function is its memory over this. */
  memoryMiBPerCpu: 1_769,
  /** How often the process tier looks at the memory of what runs. */
  memoryPollMs: 100,
  /** Until everything that was killed has left the process table. */
  killMs: 5_000,
  killPollMs: 5,
  /** The spawner answers within this, or is taken for hung and started anew. */
  spawnerReplyMs: 60_000,
  /** It removes everything and ends within this after its channel is closed, or is killed. */
  spawnerEndMs: 15_000,
  /** One request to it: what execve takes of arguments and variables, and more than a sandbox's file tree needs. */
  spawnerRequestBytes: 128 * KIB,
  /** Name servers read this long ago are read again for a new sandbox. */
  resolverFreshMs: 5_000,
  /** The period of a sandbox's CPU share; AWS's is as long. */
  cpuPeriodUs: 20_000,
} as const;

/**
 * How long environments without work are kept. Histogram and percentiles are those of "Serverless in the Wild"
 * (USENIX ATC 2020), https://www.usenix.org/conference/atc20/presentation/shahrad
 */
export const keepAliveLimits = {
  /** Where the idle times of a function tell nothing. */
  fixedMs: 10 * 60_000,
  histogramMinutes: 240,
  leastSamples: 10,
  /** Of the idle times, how many may be longer than the histogram. */
  beyondShareMost: 0.5,
  /** Standard deviation of the counts over their mean; below it the times are spread too evenly. */
  leastVariation: 2,
  headShare: 0.05,
  tailShare: 0.99,
  /** By how much an environment is there earlier, and stays longer. */
  margin: 0.1,
  /** A function that sleeps longer than this gives its environment up and gets one ahead of its next invocation. */
  releaseFromMs: 20 * 60_000,
  /** It keeps it this long all the same. */
  releaseAfterMs: 60_000,
  /** How far ahead the value of an environment is looked at. */
  horizonMs: 10 * 60_000,
  /** What an init is taken to cost, and an environment to use, that was not measured yet. */
  initMs: 200,
  environmentMiB: 48,
  /** Functions whose idle times are remembered. */
  functions: 10_000,
  /** After which a change of them is written, of how many at a time, and when they are forgotten. */
  saveMs: 60_000,
  savesAtOnce: 200,
  forgetMs: 14 * 24 * 3_600_000,
  sweepMs: 2_000,
  /** With less than this part of the machine's memory available, the least valuable environments go. */
  pressureShare: 0.08,
  /** Of them at most so many in one sweep, and none that worked this lately. */
  pressureRetiresAtOnce: 16,
  pressureIdleMs: 10_000,
  /** With less than this, those that just worked go as well. */
  emergencyShare: 0.04,
} as const;

/** Memory that environments leave free, and how it is foreseen what they will use. */
export const headroomLimits = {
  /** What stays available unless told otherwise: this share of the memory, but not more than so much. */
  reserveShare: 0.08,
  reserveMostBytes: 1_024 * MIB,
  /** What the first environment of a function is taken to use at least, if those of its runtime used less. */
  unknownMiB: 128,
  /** What an environment takes beside the memory that counts against its limit. */
  overheadMiB: 2,
  /** Environments of a runtime that were seen before a new function is taken to use no more than they did. */
  leastSamples: 8,
  /** An invocation shows what its function uses by ending, or by going on for so long. */
  provenMs: 1_000,
  /** How old the figures may be by which environments are made. */
  freshMs: 50,
  /** Environments that work are read again after this long, so many with each look at the machine. */
  readEveryMs: 500,
  /** The first ones of a function that has not shown what it uses. */
  readUnprovenMs: 100,
  readingsAtOnce: 32,
  /** Of one function version: some of many tell what the others use. */
  readingsOfOne: 2,
  /** The log tells of environments that wait for memory once in this time. */
  warnMs: 60_000,
} as const;

/** Sandboxes that wait for functions with their interpreter running. */
export const poolLimits = {
  /** What waits of a kind that was wanted lately, and is kept for the first of other functions in a burst. */
  floor: 2,
  mostOfOneKind: 32,
  /** In which a wish for a sandbox fades to a third. */
  demandFadeMs: 10_000,
  /** How long a kind is kept after it was last wanted. */
  keepMs: 15 * 60_000,
  /** Within it a function's first environment comes from the pool, further ones only from what is above the floor. */
  waveMs: 1_000,
  refillDelayMs: 10,
  /** After one was taken while enough wait: that part of how many should. */
  refillPatienceMs: 50,
  enoughShare: 0.25,
  startsAtOnce: 2,
  /** Of a runtime that waits to be assigned. */
  rehearsedRequests: 64,
  retryMs: 5_000,
  sweepMs: 5_000,
  /** What a waiting sandbox with an interpreter of its own is taken to use, and what parts of it others do. */
  sandboxBytes: 48 * MIB,
  forkedShare: 1 / 12,
  cellShare: 1 / 48,
  /** Sandboxes of one zygote, which have the hash seed and the layout of memory in common. */
  forksOfZygote: 32,
  zygoteMiB: 128,
  /** Of the memory that is available, the pool's part. */
  memoryShare: 0.2,
  /** With less than this part of the machine's memory available nothing waits. */
  pressureShare: 0.1,
} as const;
