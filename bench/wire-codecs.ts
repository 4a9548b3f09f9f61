import { PutMetricDataInput$ } from "@aws-sdk/client-cloudwatch";
import { PutItemInput$ } from "@aws-sdk/client-dynamodb";
import { CreateRoleRequest$ } from "@aws-sdk/client-iam";
import { JsonCodec, QueryShapeSerializer } from "@aws-sdk/core/protocols";
import { CborCodec } from "@smithy/core/cbor";
import { decodeCbor, encodeCbor } from "../src/wire/codecs/cbor.ts";
import { JsonDecoders } from "../src/wire/codecs/json-decoder.ts";
import { JsonEncoders } from "../src/wire/codecs/json-encoder.ts";
import { encodeQueryInput } from "../src/wire/codecs/query-encoder.ts";
import { loadConstraints, loadModel } from "../src/wire/model/registry.ts";
import type { OperationModel } from "../src/wire/model/table.ts";
import { createRestJson } from "../src/wire/protocols/rest-json.ts";
import type { ServiceName } from "../src/wire/service.ts";
import { CONSTRAINT_OVERRIDES } from "../src/wire/validation/overrides.ts";
import { Validators } from "../src/wire/validation/validator.ts";
import type { Bench, Figure } from "./figure.ts";

const ROUNDS = 20_000;
/** Decoding, checking and encoding of an invocation, on one core. */
const INVOKES_WANTED = 50_000;

const ITEM = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`attribute${i}`, { S: `value ${i}` }]));
const METRICS = {
  Namespace: "application",
  MetricData: Array.from({ length: 10 }, (_, i) => ({
    MetricName: `metric${i}`,
    Value: i / 3,
    Unit: "Seconds" as const,
    Timestamp: new Date(1_767_323_045_678),
    Dimensions: [{ Name: "host", Value: `h${i}` }],
  })),
};
const ROLE = {
  RoleName: "role",
  AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow" }] }),
  Tags: Array.from({ length: 10 }, (_, i) => ({ Key: `k${i}`, Value: `v${i}` })),
};

/** Microseconds of one call, on the processor's clock, after the compiler has seen it. */
function micros(work: () => unknown): number {
  for (let i = 0; i < ROUNDS / 4; i++) work();
  const before = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / ROUNDS;
}

async function operation(service: ServiceName, name: string): Promise<OperationModel> {
  const model = await loadModel(service);
  const found = model.operations.get(name);
  if (found === undefined) throw new Error(`${service} has no ${name}`);
  return found;
}

function against(name: string, ours: () => unknown, sdk: () => unknown): Figure {
  return { name, unit: "us", value: micros(ours), baseline: { name: "the SDK's codec", value: micros(sdk) } };
}

async function invoke(): Promise<Figure> {
  const model = await loadModel("lambda");
  const codec = createRestJson(model).codec(await operation("lambda", "Invoke"));
  const validators = new Validators(await loadConstraints("lambda"), CONSTRAINT_OVERRIDES.lambda ?? {});
  const validate = validators.of("Invoke");
  const body = Buffer.from('{"key1":"value1","key2":"value2","list":[1,2,3]}');
  const labels = { FunctionName: "my-function" };
  const request = { headers: {}, labels, body, request: { query: { get: () => undefined } } as never };
  const context = { requestId: "id", extendedRequestId: "", method: "POST", path: "/" };
  const value = micros(() => {
    validate(codec.decode(request));
    return codec.encode({ StatusCode: 200, Payload: body, ExecutedVersion: "$LATEST" }, context);
  });
  return {
    name: "Invoke: decode, check, encode",
    unit: "1/s",
    value: 1_000_000 / value,
    baseline: { name: "what is wanted", value: INVOKES_WANTED },
  };
}

export const wireCodecs: Bench = {
  name: "wire codecs",
  conditions:
    "one thread, CPU time of a call; a ratio below 1 is faster than the SDK, above 1 for Invoke better",
  async run() {
    const putItem = { shape: (await operation("dynamodb", "PutItem")).input, traits: {} };
    const putMetricData = { shape: (await operation("cloudwatch", "PutMetricData")).input, traits: {} };
    const createRole = (await operation("iam", "CreateRole")).input;

    const json = new JsonCodec({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });
    const jsonWriter = json.createSerializer();
    const jsonReader = json.createDeserializer();
    const encodeJson = new JsonEncoders().of(putItem);
    const decodeJson = new JsonDecoders("typed").of(putItem);
    const put = { TableName: "table", Item: ITEM };
    const text = JSON.stringify(put);

    const cborWriter = new CborCodec().createSerializer();
    const cborReader = new CborCodec().createDeserializer();
    const encode = new JsonEncoders("cbor").of(putMetricData);
    const decode = new JsonDecoders("cbor").of(putMetricData);
    const bytes = encodeCbor(encode(METRICS));

    const form = new QueryShapeSerializer({ timestampFormat: { useTrait: true, default: 5 } });

    return [
      await invoke(),
      against(
        "JSON: encode PutItem",
        () => JSON.stringify(encodeJson(put)),
        () => {
          jsonWriter.write(PutItemInput$, put);
          return jsonWriter.flush();
        },
      ),
      against(
        "JSON: decode PutItem",
        () => decodeJson(JSON.parse(text)),
        () => jsonReader.readObject(PutItemInput$, JSON.parse(text)),
      ),
      against(
        "CBOR: encode PutMetricData",
        () => encodeCbor(encode(METRICS)),
        () => {
          cborWriter.write(PutMetricDataInput$, METRICS);
          return cborWriter.flush();
        },
      ),
      against(
        "CBOR: decode PutMetricData",
        () => decode(decodeCbor(bytes)),
        () => cborReader.read(PutMetricDataInput$, bytes),
      ),
      against(
        "query: encode CreateRole",
        () => encodeQueryInput("CreateRole", "2010-05-08", createRole, ROLE),
        () => {
          form.write(CreateRoleRequest$, ROLE);
          return form.flush();
        },
      ),
    ];
  },
};
