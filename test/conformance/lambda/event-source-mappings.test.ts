import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  PublishVersionCommand,
  paginateListEventSourceMappings,
  ResourceConflictException,
  ResourceNotFoundException,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { Contract } from "../../../testkit/contract.ts";
import { eventually } from "../../../testkit/eventually.ts";

const MISSING = { name: "ResourceNotFoundException", message: "The resource you requested does not exist." };
const INVALID = "InvalidParameterValueException";

describe("event source mappings through the AWS SDK for JavaScript", () => {
  let contract: Contract;
  let lambda: LambdaClient;
  let name: string;
  let made = 0;

  before(async () => {
    contract = await Contract.open();
    lambda = contract.lambda;
    name = await contract.createFunction();
  });
  after(() => contract[Symbol.asyncDispose]());

  const queue = (suffix = "") =>
    `arn:aws:sqs:${contract.region}:${contract.account}:orders-${++made}${suffix}`;
  const stream = () => `arn:aws:kinesis:${contract.region}:${contract.account}:stream/clicks-${++made}`;
  const table = () =>
    `arn:aws:dynamodb:${contract.region}:${contract.account}:table/t${++made}/stream/2026-01-01T00:00:00.000`;
  const secret = () => `arn:aws:secretsmanager:${contract.region}:${contract.account}:secret:s`;
  const make = (changes: Partial<CreateEventSourceMappingCommandInput>) =>
    lambda.send(new CreateEventSourceMappingCommand({ FunctionName: name, ...changes }));
  const get = (UUID: string | undefined) => lambda.send(new GetEventSourceMappingCommand({ UUID }));
  const refused = (
    changes: Partial<CreateEventSourceMappingCommandInput>,
    message: RegExp,
    error = INVALID,
  ) => assert.rejects(make(changes), { name: error, message });
  const settled = async ({ UUID }: EventSourceMappingConfiguration) => {
    return eventually(
      async () => {
        const found = await get(UUID);
        return /^(Enabled|Disabled)$/.test(found.State ?? "") ? found : undefined;
      },
      { what: "a mapping out of transition" },
    );
  };
  const plain = (answer: EventSourceMappingConfiguration & { $metadata?: unknown }) => {
    const { $metadata: _metadata, ...shape } = answer;
    return shape;
  };

  it("reads a queue: created, found, listed, updated and deleted", async () => {
    const EventSourceArn = queue();
    const created = await make({ EventSourceArn });
    assert.equal(created.$metadata.httpStatusCode, 202);
    const { UUID = "", LastModified, StateTransitionReason, ...rest } = plain(created);
    assert.match(UUID, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.ok(LastModified instanceof Date);
    assert.equal(StateTransitionReason, "USER_INITIATED");
    assert.deepEqual(rest, {
      BatchSize: 10,
      EventSourceArn,
      EventSourceMappingArn: `arn:aws:lambda:${contract.region}:${contract.account}:event-source-mapping:${UUID}`,
      FunctionArn: contract.functionArn(name),
      FunctionResponseTypes: [],
      MaximumBatchingWindowInSeconds: 0,
      State: "Creating",
    });
    const enabled = await settled(created);
    assert.equal(enabled.State, "Enabled");
    assert.match(enabled.StateTransitionReason ?? "", /^USER_INITIATED/);

    const { EventSourceMappings = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ EventSourceArn }),
    );
    assert.deepEqual(EventSourceMappings, [plain(enabled)]);

    const updated = await lambda.send(
      new UpdateEventSourceMappingCommand({
        UUID,
        BatchSize: 100,
        MaximumBatchingWindowInSeconds: 5,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 2 },
        FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["order"]}}' }] },
      }),
    );
    assert.equal(updated.$metadata.httpStatusCode, 202);
    assert.equal(updated.State, "Updating");
    const after = await settled(updated);
    assert.deepEqual(
      [after.State, after.BatchSize, after.MaximumBatchingWindowInSeconds, after.ScalingConfig],
      ["Enabled", 100, 5, { MaximumConcurrency: 2 }],
    );
    assert.deepEqual(after.FilterCriteria, { Filters: [{ Pattern: '{"body":{"kind":["order"]}}' }] });
    const cleared = await lambda.send(
      new UpdateEventSourceMappingCommand({ UUID, ScalingConfig: {}, FilterCriteria: { Filters: [] } }),
    );
    assert.equal(cleared.ScalingConfig, undefined);
    assert.equal(cleared.FilterCriteria, undefined);
    await settled(cleared);

    const disabling = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    assert.equal(disabling.State, "Disabling");
    assert.equal((await settled(disabling)).State, "Disabled");
    const enabling = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    assert.equal(enabling.State, "Enabling");
    await settled(enabling);

    const deleting = await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    assert.equal(deleting.$metadata.httpStatusCode, 202);
    assert.equal(deleting.State, "Deleting");
    await eventually(() => assert.rejects(get(UUID), MISSING).then(() => true), { what: "a mapping gone" });
    await assert.rejects(lambda.send(new DeleteEventSourceMappingCommand({ UUID })), MISSING);
    await assert.rejects(
      lambda.send(new UpdateEventSourceMappingCommand({ UUID })),
      ResourceNotFoundException,
    );
  });

  it("reads streams with their defaults, disabled from the start if asked to", async () => {
    for (const EventSourceArn of [stream(), table()]) {
      const created = plain(await make({ EventSourceArn, StartingPosition: "TRIM_HORIZON", Enabled: false }));
      const { UUID: _, EventSourceMappingArn: __, LastModified: ___, FunctionArn: ____, ...rest } = created;
      assert.deepEqual(rest, {
        BatchSize: 100,
        BisectBatchOnFunctionError: false,
        DestinationConfig: { OnFailure: {} },
        EventSourceArn,
        FunctionResponseTypes: [],
        LastProcessingResult: "No records processed",
        MaximumBatchingWindowInSeconds: 0,
        MaximumRecordAgeInSeconds: -1,
        MaximumRetryAttempts: -1,
        ParallelizationFactor: 1,
        StartingPosition: "TRIM_HORIZON",
        State: "Disabled",
        StateTransitionReason: "User action",
        TumblingWindowInSeconds: 0,
      });
    }
    const StartingPositionTimestamp = new Date(1_700_000_000_000);
    const timed = await make({
      EventSourceArn: stream(),
      StartingPosition: "AT_TIMESTAMP",
      StartingPositionTimestamp,
      DestinationConfig: { OnFailure: { Destination: queue() } },
    });
    assert.deepEqual(timed.StartingPositionTimestamp, StartingPositionTimestamp);
    const { UUID } = await settled(timed);
    const cleared = await lambda.send(
      new UpdateEventSourceMappingCommand({ UUID, DestinationConfig: { OnFailure: { Destination: "" } } }),
    );
    assert.deepEqual(cleared.DestinationConfig, { OnFailure: {} });
  });

  it("takes clusters, brokers and databases with what each needs", async () => {
    const access = [{ Type: "BASIC_AUTH" as const, URI: secret() }];
    const servers = [`broker-${++made}.example.com:9092`];
    const kafka = await make({
      SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: servers } },
      SourceAccessConfigurations: access,
      Topics: ["t1"],
    });
    assert.deepEqual(
      [kafka.BatchSize, kafka.StartingPosition, kafka.SelfManagedKafkaEventSourceConfig?.ConsumerGroupId],
      [100, "TRIM_HORIZON", kafka.UUID],
    );
    assert.equal(kafka.MaximumBatchingWindowInSeconds, undefined);
    await refused(
      {
        SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: servers } },
        SourceAccessConfigurations: access,
        Topics: ["t1"],
      },
      new RegExp(
        `^An event source mapping with event source \\("${servers[0]}"\\), function \\("${contract.functionArn(name)}"\\), topics \\("t1"\\) already exists\\. .* UUID ${kafka.UUID}$`,
      ),
      "ResourceConflictException",
    );
    await refused(
      { SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: servers } }, Topics: ["t2"] },
      /^Required 'sourceAccessConfigurations' parameter is missing\.$/,
    );
    const { region, account } = contract;
    const msk = await make({
      EventSourceArn: `arn:aws:kafka:${region}:${account}:cluster/c/11111111-2222-3333-4444-555555555555-1`,
      Topics: ["t1"],
      StartingPosition: "LATEST",
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: "readers" },
      ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 3 },
    });
    assert.equal(msk.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId, "readers");
    const mq = await make({
      EventSourceArn: `arn:aws:mq:${region}:${account}:broker:b:b-11111111-2222-3333-4444-555555555555`,
      Queues: ["q"],
      SourceAccessConfigurations: access,
    });
    assert.deepEqual([mq.Queues, mq.BatchSize], [["q"], 100]);
    const documents = await make({
      EventSourceArn: `arn:aws:rds:${region}:${account}:cluster:docs`,
      StartingPosition: "LATEST",
      DocumentDBEventSourceConfig: { DatabaseName: "shop", FullDocument: "UpdateLookup" },
      SourceAccessConfigurations: access,
    });
    assert.equal(documents.DocumentDBEventSourceConfig?.DatabaseName, "shop");
  });

  it("refuses what no source can have, in AWS's words", async () => {
    await refused({}, /^Unrecognized event source\.$/);
    await refused(
      { EventSourceArn: "arn:aws:sns:us-east-1:123456789012:t" },
      /^Unrecognized event source\.$/,
    );
    await refused({ EventSourceArn: queue(), FunctionName: "nobody" }, /^Function does not exist$/);
    await refused({ EventSourceArn: queue(), FunctionName: `${name}:9` }, /^Function does not exist$/);
    await refused(
      { EventSourceArn: stream() },
      /^1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null\.$/,
    );
    await refused(
      { EventSourceArn: stream(), StartingPosition: "invalid" as "LATEST" },
      /Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: \[.*LATEST/,
      "ValidationException",
    );
    const arn = table();
    await refused(
      { EventSourceArn: arn, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date(1) },
      new RegExp(`^Unsupported starting position for arn type: ${arn}$`),
    );
    await refused(
      {
        EventSourceArn: stream(),
        StartingPosition: "AT_TIMESTAMP",
        StartingPositionTimestamp: new Date(Date.now() + 3_600_000),
      },
      /future/,
    );
    await refused(
      { EventSourceArn: stream(), StartingPosition: "AT_TIMESTAMP" },
      /StartingPositionTimestamp/,
    );
    await refused(
      { EventSourceArn: queue(), BatchSize: 11 },
      /^Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10$/,
    );
    await refused({ EventSourceArn: queue(".fifo"), BatchSize: 11 }, /less than or equal to 10/);
    await refused(
      { EventSourceArn: queue(), DestinationConfig: { OnFailure: { Destination: queue() } } },
      /^Unsupported DestinationConfig parameter for given event source mapping type\.$/,
    );
    await refused(
      {
        EventSourceArn: stream(),
        StartingPosition: "LATEST",
        DestinationConfig: { OnSuccess: { Destination: queue() } },
      },
      /^Unsupported DestinationConfig parameter for given event source mapping type\.$/,
    );
    await refused(
      { EventSourceArn: queue(), ParallelizationFactor: 2 },
      /^Unsupported ParallelizationFactor/,
    );
    await refused(
      {
        EventSourceArn: queue(),
        ScalingConfig: { MaximumConcurrency: 2 },
        ProvisionedPollerConfig: { MinimumPollers: 1 },
      },
      /can't be used together/,
    );
    await refused(
      { EventSourceArn: stream(), StartingPosition: "LATEST", MaximumRecordAgeInSeconds: 59 },
      /'maximumRecordAgeInSeconds' .* greater than or equal to 60/,
    );
  });

  it("holds every limit from both sides", async () => {
    const streamed = { StartingPosition: "LATEST" as const, Enabled: false };
    for (const [good, bad, member] of [
      [{ BatchSize: 10_000 }, { BatchSize: 10_001 }, "batchSize"],
      [{ BatchSize: 1 }, { BatchSize: 0 }, "batchSize"],
      [
        { MaximumBatchingWindowInSeconds: 300 },
        { MaximumBatchingWindowInSeconds: 301 },
        "maximumBatchingWindowInSeconds",
      ],
      [{ ParallelizationFactor: 10 }, { ParallelizationFactor: 11 }, "parallelizationFactor"],
      [
        { MaximumRecordAgeInSeconds: 604_800 },
        { MaximumRecordAgeInSeconds: 604_801 },
        "maximumRecordAgeInSeconds",
      ],
      [{ MaximumRecordAgeInSeconds: 60 }, { MaximumRecordAgeInSeconds: -2 }, "maximumRecordAgeInSeconds"],
      [{ MaximumRetryAttempts: 10_000 }, { MaximumRetryAttempts: 10_001 }, "maximumRetryAttempts"],
      [{ TumblingWindowInSeconds: 900 }, { TumblingWindowInSeconds: 901 }, "tumblingWindowInSeconds"],
    ] as const) {
      await make({ EventSourceArn: stream(), ...streamed, ...good });
      await refused(
        { EventSourceArn: stream(), ...streamed, ...bad },
        new RegExp(`at '${member}' failed`),
        "ValidationException",
      );
    }
    const pattern = (characters: number) => `{"a":["${"x".repeat(characters - 10)}"]}`;
    const filters = (count: number, characters = 100) => ({
      FilterCriteria: { Filters: Array.from({ length: count }, () => ({ Pattern: pattern(characters) })) },
    });
    await make({ EventSourceArn: queue(), Enabled: false, ...filters(10, 4_096) });
    await refused({ EventSourceArn: queue(), ...filters(11) }, /at most 10 filters/);
    await refused({ EventSourceArn: queue(), ...filters(1, 4_097) }, /4096/, "ValidationException");
    await make({ EventSourceArn: queue(), Enabled: false, ScalingConfig: { MaximumConcurrency: 1_000 } });
    await refused(
      { EventSourceArn: queue(), ScalingConfig: { MaximumConcurrency: 1 } },
      /maximumConcurrency/,
      "ValidationException",
    );
  });

  it("reads filter patterns as events are matched", async () => {
    const filtered = (Pattern: string) => ({
      EventSourceArn: queue(),
      Enabled: false,
      FilterCriteria: { Filters: [{ Pattern }] },
    });
    for (const good of [
      '{"a":["x",1,true,null]}',
      '{"a":{"b":[{"prefix":"x"},{"suffix":"y"},{"exists":false},{"equals-ignore-case":"z"}]}}',
      '{"a":[{"numeric":[">",0,"<=",5]}],"$or":[{"b":["1"]},{"c":[{"anything-but":["x","y"]}]}]}',
      '{"a":[{"anything-but":{"prefix":"x"}},{"cidr":"10.0.0.0/8"}]}',
      "{}",
    ])
      await make(filtered(good));
    for (const bad of [
      "",
      "text",
      "[]",
      '{"a":"x"}',
      '{"a":[]}',
      '{"a":[{"unheard":"x"}]}',
      '{"a":[{"exists":"yes"}]}',
      '{"a":[{"numeric":["<",5,">",0]}]}',
      '{"a":[{"prefix":1}]}',
      '{"$or":[]}',
    ])
      await refused(filtered(bad), /^Invalid filter pattern definition\.$/);
  });

  it("lets a source feed one function once, and several of them", async () => {
    const EventSourceArn = queue();
    const { UUID } = await make({ EventSourceArn, Enabled: false });
    await assert.rejects(make({ EventSourceArn }), (error: unknown) => {
      assert.ok(error instanceof ResourceConflictException);
      assert.equal(
        error.message,
        `An event source mapping with SQS arn (" ${EventSourceArn} ") and function (" ${name} ") already exists. Please update or delete the existing mapping with UUID ${UUID}`,
      );
      return true;
    });
    const clicks = stream();
    const first = await make({ EventSourceArn: clicks, StartingPosition: "LATEST", Enabled: false });
    await refused(
      { EventSourceArn: clicks, StartingPosition: "LATEST" },
      new RegExp(
        `^The event source arn \\(" ${clicks} "\\) and function \\(" ${name} "\\) provided mapping already exists\\. .* UUID ${first.UUID}$`,
      ),
      "ResourceConflictException",
    );
    const { Version = "" } = await lambda.send(new PublishVersionCommand({ FunctionName: name }));
    const versioned = await make({ EventSourceArn, FunctionName: `${name}:${Version}`, Enabled: false });
    assert.equal(versioned.FunctionArn, contract.functionArn(`${name}:${Version}`));
    await assert.rejects(
      lambda.send(new UpdateEventSourceMappingCommand({ UUID: versioned.UUID, FunctionName: name })),
      ResourceConflictException,
    );
    const byFunction = await lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: `${name}:${Version}` }),
    );
    assert.deepEqual(
      byFunction.EventSourceMappings?.map(({ UUID: uuid }) => uuid),
      [versioned.UUID],
    );
  });

  it("pages lists and outlives its function", async () => {
    const FunctionName = await contract.createFunction();
    const uuids: string[] = [];
    for (let index = 0; index < 5; index++) {
      const { UUID = "" } = await make({ FunctionName, EventSourceArn: queue(), Enabled: index > 0 });
      uuids.push(UUID);
    }
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    const listed: string[] = [];
    let pages = 0;
    for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings(
      { client: lambda, pageSize: 2 },
      { FunctionName },
    )) {
      pages++;
      listed.push(...EventSourceMappings.map(({ UUID = "" }) => UUID));
    }
    assert.deepEqual(listed, uuids.sort());
    assert.equal(pages, 3);
    for (const UUID of uuids) {
      await settled({ UUID });
      await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    }
    await assert.rejects(lambda.send(new ListEventSourceMappingsCommand({ Marker: "nonsense" })), {
      name: INVALID,
    });
  });
});
