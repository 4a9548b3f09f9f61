import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { type Clock, type Randomness, toError, wireLimits } from "../../base/index.ts";
import { decodeMessages, type EventReader } from "../event-stream/event-decoder.ts";
import type { AwsClient, AwsClientOptions } from "../interfaces.ts";
import { loadModel, SERVICES, type ServiceFacts } from "../model/registry.ts";
import type { OperationModel, ServiceModel } from "../model/table.ts";
import { signRequest } from "../sigv4/sign.ts";
import { AwsClientError } from "./errors.ts";
import type { EncodedRequest, RequestEncoder } from "./request-encoder.ts";
import type { AnswerHead, ResponseDecoder, StreamedMember } from "./response-decoder.ts";

/** A client of one service at one endpoint, made of the service's own table. */
export function createAwsClient(options: AwsClientOptions): AwsClient {
  return new TableClient(options);
}

interface Loaded {
  readonly model: ServiceModel;
  readonly encode: RequestEncoder;
  readonly decoder: ResponseDecoder;
  readonly streamed: (operation: OperationModel) => StreamedMember | undefined;
}

class TableClient implements AwsClient {
  readonly #options: AwsClientOptions;
  readonly #endpoint: URL;
  readonly #facts: ServiceFacts;
  readonly #transport: Promise<Transport>;
  #loaded: Promise<Loaded> | undefined;

  constructor(options: AwsClientOptions) {
    this.#options = options;
    this.#endpoint = new URL(options.endpoint);
    const facts = SERVICES.find(({ name }) => name === options.service);
    if (facts === undefined) throw new TypeError(`there is no table of the service ${options.service}`);
    this.#facts = facts;
    this.#transport = openTransport(this.#endpoint.protocol === "https:", options);
  }

  async send<Output extends object>(
    name: string,
    input: object,
    call: { readonly signal?: AbortSignal } = {},
  ): Promise<Output> {
    this.#loaded ??= this.#load();
    const { model, encode, decoder, streamed } = await this.#loaded;
    const operation = model.operations.get(name);
    if (operation === undefined) throw new TypeError(`${this.#options.service} has no operation ${name}`);
    const request = encode(operation, withTokens(operation, input, this.#options.randomness));
    const answer = await this.#exchange(request, call.signal);
    try {
      return (await this.#read(operation, answer, decoder, streamed(operation))) as Output;
    } catch (error) {
      answer.destroy();
      throw error instanceof AwsClientError ? error : broken(error);
    }
  }

  async close(): Promise<void> {
    (await this.#transport).close();
  }

  async #load(): Promise<Loaded> {
    const table = await loadModel(this.#options.service);
    const model = { ...table, protocol: this.#options.protocol ?? table.protocol };
    // Most servers never call anybody, and what speaks CBOR comes along.
    const [{ requestEncoder }, { responseDecoder, streamedMember }] = await Promise.all([
      import("./request-encoder.ts"),
      import("./response-decoder.ts"),
    ]);
    return {
      model,
      encode: requestEncoder(model),
      decoder: responseDecoder(model),
      streamed: streamedMember,
    };
  }

  async #exchange(request: EncodedRequest, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const { service, region, clock } = this.#options;
    const path = `${this.#endpoint.pathname.replace(/\/$/, "")}${request.path}`;
    const url = new URL(`${path}${request.query === "" ? "" : `?${request.query}`}`, this.#endpoint);
    // Names such as `..` have a meaning in addresses, and would lead to something else.
    if (url.pathname !== path) throw new TypeError(`${path} can't be an address`);
    const headers = signRequest(
      {
        method: request.method,
        url,
        headers: request.headers,
        ...(request.body instanceof Readable ? { payloadHash: "UNSIGNED-PAYLOAD" } : { body: request.body }),
      },
      {
        ...(await this.#options.credentials()),
        region,
        service: this.#facts.signingNames[0] ?? service,
        now: clock.now(),
      },
    );
    const { method, body } = request;
    if (!(body instanceof Readable) && body.length > 0) headers["content-length"] = String(body.length);
    return (await this.#transport).send({ url, method, headers, body, signal });
  }

  async #read(
    operation: OperationModel,
    answer: IncomingMessage,
    decoder: ResponseDecoder,
    stream: StreamedMember | undefined,
  ): Promise<object> {
    const headers = answer.headers as Readonly<Record<string, string>>;
    const head: AnswerHead = { status: answer.statusCode ?? 0, headers };
    const requestId = headers["x-amzn-requestid"] ?? headers["x-amz-request-id"];
    if (head.status >= 300) {
      throw new AwsClientError({
        ...decoder.error(head, await readAll(answer)),
        status: head.status,
        requestId,
      });
    }
    if (stream === undefined) return decoder.output(operation, head, await readAll(answer));
    const output = decoder.output(operation, head, new Uint8Array());
    const { reader } = stream;
    output[stream.name] =
      reader === undefined ? answer : readEvents(answer, reader(decoder.events), requestId);
    return output;
  }
}

/** Members that make a repetition harmless get a value if the caller gives none. */
function withTokens(
  operation: OperationModel,
  input: object,
  randomness: Randomness,
): Readonly<Record<string, unknown>> {
  const given = input as Readonly<Record<string, unknown>>;
  const missing = operation.input.members.filter(
    ({ name, traits }) => traits.idempotencyToken === 1 && given[name] === undefined,
  );
  return { ...given, ...Object.fromEntries(missing.map(({ name }) => [name, randomness.uuid()])) };
}

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  let rest: number = wireLimits.clientAnswerBytes;
  answer.on("data", (part: Buffer) => {
    rest -= part.length;
    if (rest < 0) answer.destroy(new Error("the answer is too large"));
  });
  return buffer(answer);
}

async function* readEvents(
  answer: IncomingMessage,
  reader: EventReader,
  requestId: string | undefined,
): AsyncGenerator<object, void, void> {
  const failed = (code: string, message: string, members = {}) =>
    new AwsClientError({ code, message, members, status: answer.statusCode ?? 0, requestId });
  try {
    for await (const message of decodeMessages(answer)) {
      const event = reader.read(message);
      if (event.kind === "event") yield { [event.name]: event.value };
      else if (event.kind === "error") throw failed(event.code, event.message);
      else if (event.kind === "exception") {
        const text = event.value["message"] ?? event.value["Message"];
        throw failed(event.name, typeof text === "string" ? text : event.name, event.value);
      }
    }
  } catch (error) {
    throw error instanceof AwsClientError ? error : broken(error);
  } finally {
    answer.destroy();
  }
}

/** No whole answer came. */
function broken(cause: unknown): AwsClientError {
  return new AwsClientError({ code: "ConnectionError", message: toError(cause).message, status: 0, cause });
}

interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | Readable;
  readonly signal: AbortSignal | undefined;
}

interface Transport {
  send(request: OutgoingRequest): Promise<IncomingMessage>;
  close(): void;
}

/** Keeps connections open between requests; each is given up when it stalls. */
async function openTransport(
  secure: boolean,
  options: { readonly ca?: string; readonly clock: Clock },
): Promise<Transport> {
  const { Agent, request } = secure ? await import("node:https") : process.getBuiltinModule("node:http");
  const agent = new Agent({
    keepAlive: true,
    maxSockets: wireLimits.clientConnections,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  return {
    close: () => agent.destroy(),
    send: ({ url, method, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const timeout = wireLimits.clientIdleMs;
        const outgoing = request(url, {
          method,
          headers,
          agent,
          timeout,
          ...(signal && { signal }),
        });
        const fail = (error: Error) =>
          reject(signal?.aborted === true ? toError(signal.reason) : broken(error));
        outgoing.once("response", resolve).on("error", fail);
        outgoing.once("timeout", () => outgoing.destroy(new Error("the service stalls")));
        if (body instanceof Readable) pipeline(body, outgoing).catch(fail);
        else outgoing.end(body);
      }),
  };
}
