/**
 * Every queue, buffer, retry and wait of Lambkin has its limit here, by room, with the unit last in the name.
 * Limits that AWS publishes carry its figure: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */

export * from "./environment-limits.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** IAM policy documents; AWS's own limits on them, by what they are attached to, are all lower. */
export const policyLimits = {
  documentCharacters: 64 * KIB,
  statements: 1_000,
  /** Actions, resources, principals, condition keys and values of one document. */
  values: 5_000,
  /** One value with wildcards or variables, also after its variables are filled in. */
  patternCharacters: 2_048,
} as const;

export const wireLimits = {
  /** CreateFunction and UpdateFunctionCode; no other buffered request may be larger. */
  requestBodyBytes: 70_167_211,
  headerBytes: 64 * KIB,
  /** Names of headers that are kept ready, of all that were ever sent. */
  knownHeaderNames: 256,
  /** Of a connection's head that later ones are held against. */
  knownHeadCharacters: 2_048,
  /** A request whose head or body stalls is given up. */
  requestIdleMs: 60_000,
  /** A buffered body that trickles is given up too; one that streams may take as long as it moves. */
  requestBodyMs: 15 * 60_000,
  /** Difference of clocks that SigV4 tolerates. */
  clockSkewMs: 15 * 60_000,
  presignedUrlExpirySeconds: 604_800,
  signingKeyCacheEntries: 1_000,
  /** Paths whose operation is remembered, and how long they are at most, with their method. */
  knownRoutes: 2_000,
  knownRouteCharacters: 512,
  /** Elements inside elements of a request's XML. */
  xmlDepth: 64,
  /** Parameters of one query or form. */
  parameters: 10_000,
  /** Dots in the name of a parameter of the query protocol. */
  parameterDepth: 32,
  /** Constraint violations that one error message lists. */
  listedViolations: 10,
  /** Of a value that an error message quotes. */
  describedValueCharacters: 2_048,
  /** Longer values are not held against the models' patterns, which can be slow. */
  patternCharacters: 8_192,
  /** Where neither the service nor the operation says otherwise. */
  requestBodyDefaultBytes: 6 * MIB,
  /** Buffered bodies of all requests together; a request beyond it is told to slow down. */
  bufferedBodiesBytes: 1_024 * MIB,
  /** What a client still sends of a refused body is read and dropped within these, so that it sees the answer. */
  refusedBodyDrainMs: 30_000,
  refusedBodyDrainBytes: 256 * MIB,
  /** A connection that was told that it is no good is dropped then, if it has not ended. */
  refusedConnectionMs: 2_000,
  /** One chunk of an aws-chunked body's head: size, extension and signature. */
  chunkHeadBytes: 1 * KIB,
  chunkTrailerBytes: 16 * KIB,
  /** Of one message of an event stream: https://smithy.io/2.0/aws/amazon-eventstream.html */
  eventStreamHeadersBytes: 128 * KIB,
  eventStreamHeaderValueBytes: 32_767,
  eventStreamPayloadBytes: 16 * MIB,
  connections: 10_000,
  /** Not more of the descriptors that the server may have. */
  connectionsShare: 0.4,
  tlsHandshakeMs: 10_000,
  /** Of our own clients: connections to one endpoint, a connection on which nothing moves, an answer in memory. */
  clientConnections: 64,
  clientIdleMs: 70_000,
  clientAnswerBytes: 64 * MIB,
  /** Idle connections are kept this long; clients' own pools close theirs sooner. */
  keepAliveMs: 65_000,
  /** Requests at once on one HTTP/2 connection; their unread bodies stay within what a session may hold. */
  http2Streams: 100,
  http2HeaderPairs: 2_000,
  http2SessionMegabytes: 10,
  /** Settings in one frame. */
  http2Settings: 32,
  /** Of one session, before it is ended. */
  http2InvalidFrames: 100,
  http2RejectedStreams: 100,
  /** Streams that a client may open and reset: at once, and from then on in a second. */
  http2ResetBurst: 1_000,
  http2ResetsPerSecond: 33,
} as const;

export const storageLimits = {
  /** Requests that one writer thread takes into a single transaction. */
  groupCommitRequests: 512,
  deduplicationWindowMs: 120_000,
  redeliveryMs: 30_000,
  timerLatenessMs: 1_000,
  /** How often a backup tries to see all databases at one moment. */
  snapshotAttempts: 5_000,
  /** A database up to this size is read whole for damage when it is opened. */
  examinedAtOpenBytes: 8 * MIB,
  /** Timers of one listener whose callbacks run, or wait to be tried again, at the same time. */
  timersAtOnce: 256,
  timerRetryFirstMs: 1_000,
  timerRetryMostMs: 60_000,
  /** Callbacks of timers that run have this long to finish before the storage closes; their timers fire again. */
  timerCallbacksCloseMs: 5_000,
  keyCharacters: 4_096,
  /** One document of the state store as JSON text; a second driver's messages are not larger. */
  documentCharacters: 1 * MIB,
  /** An event of the queue as JSON text: an asynchronous payload, every character of it escaped, with its circumstances. */
  eventCharacters: 2 * MIB + 64 * KIB,
  /** JSON text of events on their way to the queue's thread; a further one is refused. */
  enqueueingCharacters: 256 * MIB,
  /** Events handed over at once end here, so that large ones do not come by the hundred. */
  dequeueBatchCharacters: 8 * MIB,
  /** What the events of one key may have in one turn before the next key's. */
  turnCharacters: 64 * KIB,
  /** Pause after the queue's file could not be read. */
  queueRetryMs: 1_000,
  /** Blobs that a process need not hash again. */
  verifiedBlobs: 100_000,
  outboxBatchRows: 64,
  outboxTopicsAtOnce: 32,
  outboxRetryFirstMs: 250,
  outboxRetryMostMs: 60_000,
  listPageEntries: 1_000,
  listPageBytes: 8 * MIB,
  /** Calls of one store that have no answer yet; a further one is refused. */
  pendingRequests: 20_000,
  preparedStatements: 500,
  /** How long a file that another process has locked is waited for. */
  fileBusyMs: 5_000,
  /** Who wants a data directory that is taken waits so long: starts of one moment refuse each other, and all would. */
  directoryBusyMs: 250,
  /** The write-ahead log is carried over into the file when it has this many pages of 4 KiB. */
  checkpointPages: 4_000,
  writeAheadLogKeptBytes: 64 * MIB,
  pageCacheKiB: 8 * 1_024,
  threadHeapMiB: 512,
  threadYoungHeapMiB: 16,
} as const;

export const functionLimits = {
  nameCharacters: 64,
  /** Names in requests whose function is remembered. */
  knownNames: 2_000,
  zipDirectBytes: 52_428_800,
  unzippedBytes: 262_144_000,
  zipEntries: 65_535,
  /** Packages that are unpacked at the same time, and files of one. */
  unpacksAtOnce: 2,
  unpackFilesAtOnce: 4,
  /** A package that no function uses any more outlives the last invocation that may run from it. */
  unusedPackageKeepMs: 1_000_000,
  codeStorageBytes: 80_530_636_800,
  layers: 5,
  environmentBytes: 4_096,
  policyBytes: 20_480,
  tags: 50,
  /** Of one function; AWS raises its own on request. */
  aliases: 1_000,
  /** What reserved and provisioned concurrency have to leave to all other functions of the account. */
  unreservedConcurrencyLeast: 100,
  asyncRetriesDefault: 2,
  asyncEventAgeDefaultSeconds: 21_600,
  memoryDefaultMiB: 128,
  memoryLeastMiB: 128,
  memoryMostMiB: 10_240,
  timeoutDefaultSeconds: 3,
  timeoutMostSeconds: 900,
  durableRetentionDefaultDays: 14,
  ephemeralStorageDefaultMiB: 512,
  codeLocationExpirySeconds: 600,
  listPageItems: 50,
  /** AWS gives five filters, and ten to those who ask. */
  mappingFilters: 10,
  /** Messages of a batch that is not waited for. */
  mappingUnwindowedBatch: 10,
  mappingRecordAgeLeastSeconds: 60,
  mappingListPageItems: 100,
  capacityProviders: 1_000,
  capacityDefaultVCpus: 400,
  /** Compare-and-set writes of one request before it is given up. */
  writeAttempts: 10,
  /** A state change that could not be stored is tried again. */
  settleRetryFirstMs: 200,
  settleRetryMostMs: 30_000,
} as const;

export const invokeLimits = {
  requestPayloadBytes: 6 * MIB,
  asyncPayloadBytes: 1 * MIB,
  /** Of the deprecated InvokeAsync. */
  legacyAsyncPayloadBytes: 256 * KIB,
  /** Of a streamed response that its caller has not taken yet; beyond it the function is held up. */
  streamHeldBytes: 64 * KIB,
  clientContextBytes: 3_583,
  accountConcurrency: 1_000,
  /** Invocations a second that each unit of concurrency allows. */
  requestsPerSecondOfConcurrency: 10,
  /** Environments that a function may get at once, and how fast that grows back. */
  newEnvironments: 1_000,
  newEnvironmentsPerSecond: 100,
  /** Pause after an environment could not be provisioned for a reason that is not the function's. */
  provisionRetryMs: 5_000,
  /** Requests of one function version that may wait for an environment, and how long. */
  waitingRequests: 1_000,
  waitMs: 120_000,
  /** A function whose runs take no longer, in the median, is quick: its requests wait for what serves others, if soon. */
  quickRunMs: 10,
  /** What a further environment of a quick function is taken to need until it is up, whatever one took of late. */
  upLeastMs: 10,
  upMostMs: 100,
  /** Environments that may be lost under a request before it began to run in one. */
  lostEnvironments: 3,
  /** On a full machine a function without any environment gets another one's after this wait. */
  starvationMs: 500,
  /** Invocations of one function in a chain of calls before a loop is stopped, and functions that a chain remembers. */
  loopInvocations: 16,
  lineageFunctions: 12,
  /** Functions whose hash in a chain is remembered. */
  lineageHashes: 10_000,
  asyncPartitions: 16,
  asyncRetryDelaysMs: [60_000, 120_000],
  asyncThrottleBackoffFirstMs: 1_000,
  asyncThrottleBackoffMostMs: 300_000,
  asyncEventAgeMs: 21_600_000,
  /** Events of one partition that are being worked on, those of them that any function may have, and a function's least. */
  asyncUnsettledPerPartition: 1_024,
  asyncUnsettledOpenToAll: 768,
  asyncUnsettledLeast: 8,
  asyncPayloadBytesInFlight: 256 * MIB,
  /** Of those, what functions may use that have an event at work already. */
  asyncPayloadBytesOpen: 192 * MIB,
  /** Pause before what came of an event is written again where there was no room for it. */
  asyncSettleRetryMs: 5_000,
  /** Deliveries of an invocation's record, and the pause after the first that fails; it grows with each. */
  destinationAttempts: 3,
  destinationRetryMs: 1_000,
  /** Of an error's message that a dead letter tells. */
  deadLetterMessageBytes: 1 * KIB,
  /** Durable executions: what an operation may carry and what an error may. */
  durablePayloadBytes: 1 * MIB,
  durableErrorBytes: 32_768,
  /** What one execution may consist of, and what its checkpoints may write. */
  durableOperations: 3_000,
  durableWrittenBytes: 100 * MIB,
  /** An execution that is waited for may not last longer. */
  durableSynchronousSeconds: 900,
  /** Invocations of one execution that may fail in a row, and the pauses between them. */
  durableInvocationAttempts: 5,
  durableRetryFirstMs: 1_000,
  durableRetryMostMs: 60_000,
  /** Answers in a row that say to wait when there is nothing to wait for. */
  durableIdleAnswers: 3,
  durableThrottledMs: 1_000,
  /** Operations that a function is handed with its event, or gets as a page. */
  durablePageItems: 1_000,
  durablePageBytes: 4 * MIB,
  durableListPageItems: 100,
  durableRecoveredAtOnce: 100,
  durableRetentionDayMs: 86_400_000,
  /** An event over these limits comes back after this long, later the older it is. */
  asyncDeferFirstMs: 1_000,
  asyncDeferMostMs: 60_000,
} as const;

export const logsLimits = {
  /** Events waiting for their batched write; what comes beyond this is dropped and counted. */
  bufferedEvents: 100_000,
  bufferedBytes: 64 * MIB,
  flushMs: 100,
  /** What of it is handed to the store in one turn of the event loop. */
  pieceBytes: 256 * KIB,
  putBatchBytes: 1 * MIB,
  putBatchEvents: 10_000,
  retentionSweepMs: 3_600_000,
  retentionSweepEvents: 10_000,
  tagsOfGroup: 50,
  /** One answer of GetLogEvents or FilterLogEvents. */
  answerEvents: 10_000,
  answerBytes: 1 * MIB,
  /** What one FilterLogEvents looks at before it answers with a token to go on with. */
  filterScanEvents: 100_000,
  filterScanBytes: 16 * MIB,
  /** Events that it reads at once. */
  filterReadEvents: 1_000,
  /** Parentheses inside each other. */
  filterPatternDepth: 32,
  /** Regular expressions in one pattern, as AWS allows. */
  filterPatternExpressions: 2,
  filterExpressionStates: 512,
  filterAutomatonNodes: 1_000,
} as const;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const iamLimits = {
  trustPolicyCharacters: 2_048,
  managedPolicyCharacters: 6_144,
  inlinePolicyCharacters: { role: 10_240, user: 2_048 },
  attachedPolicies: 10,
  policyVersions: 5,
  accessKeysOfUser: 2,
  tags: 50,
  /** Roles, for instance, that environments were started for lately. */
  documentsRecalled: 1_024,
} as const;

/** The log of control-plane calls. */
export const auditLimits = {
  fileBytes: 16 * MIB,
  /** The one that is written to among them. */
  files: 8,
  /** Lines that wait to be written; further ones are lost and counted. */
  bufferedCharacters: 8 * MIB,
  /** Of one name or ARN of a resource. */
  identifierCharacters: 1_024,
} as const;

export const serverLimits = {
  /** What runs is given this long to finish after SIGTERM, and never less than a function's own time-out. */
  drainMs: 900_000,
  closeConnectionsMs: 5_000,
  /** Idle environments have this long to go after what ran has finished, or had its time. */
  endEnvironmentsMs: 1_000,
  /** Beyond the time that invocations get, the rest of an orderly end may take this long; then it is forced. */
  closeMs: 30_000,
  /** A part of the server that takes longer to close is named in the log, again and again. */
  closeSlowMs: 10_000,
  /** A terminal and a launcher may both pass on one signal; what comes within this is no second one. */
  sameSignalMs: 500,
  /** Clients give up an answer that sends nothing for minutes. */
  backupSignOfLifeMs: 10_000,
  /** One script of `--init` may take this long. */
  initScriptMs: 600_000,
  /** Longer than any invocation; environments are recycled before they expire. */
  functionCredentialsSeconds: 43_200,
  /** The generated authority, and how long before its end another one takes its place. */
  tlsAuthorityDays: 3_650,
  tlsAuthorityRenewDays: 366,
  tlsCertificateDays: 90,
  tlsCertificateRenewDays: 30,
  /** Certificates for names of their own, such as buckets', that are kept. */
  tlsCertificates: 256,
  /** How often files of one's own certificate are looked at for a renewal. */
  tlsFilesLookMs: 60_000,
} as const;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const dynamodbLimits = {
  itemBytes: 400 * KIB,
  attributeNameBytes: 65_535,
  partitionKeyBytes: 2_048,
  sortKeyBytes: 1_024,
  nestingLevels: 32,
  /** What a Query or Scan reads before it answers with a LastEvaluatedKey. */
  pageBytes: 1 * MIB,
  batchGetItems: 100,
  batchGetBytes: 16 * MIB,
  batchWriteItems: 25,
  expressionBytes: 4 * KIB,
  /** Operators and functions in the expressions of a request. */
  expressionOperators: 300,
  /** Nested parentheses, functions and NOTs, so that no expression exhausts the stack. */
  expressionDepth: 100,
  inOperands: 100,
  listTablesPage: 100,
  globalIndexes: 20,
  localIndexes: 5,
  projectedAttributes: 100,
  tags: 50,
  tablesPerRegion: 2_500,
  throughputUnits: 1_000_000_000_000,
  /** Rows that one background step removes from a deleted table or adds to a new index. */
  backgroundRows: 200,
  definitionCacheEntries: 1_000,
} as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and the bucket quotas beside it. */
export const s3Limits = {
  bucketsPerAccount: 10_000,
  keyBytes: 1_024,
  userMetadataBytes: 2 * KIB,
  putObjectBytes: 5 * KIB * MIB,
  copySourceBytes: 5 * KIB * MIB,
  partBytes: 5 * KIB * MIB,
  /** Of every part but the last. */
  partLeastBytes: 5 * MIB,
  partNumber: 10_000,
  listEntries: 1_000,
  listBuckets: 10_000,
  deleteKeys: 1_000,
  objectTags: 10,
  bucketTags: 50,
  tagKeyCharacters: 128,
  tagValueCharacters: 256,
  notificationConfigurations: 100,
  notificationIdCharacters: 255,
  /** How often a copy starts again because its source was overwritten meanwhile. */
  copyAttempts: 8,
} as const;
