import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type {
  AccessKeyDirectory,
  CallerIdentity,
  Clock,
  CredentialIssuer,
  Log,
  Randomness,
} from "../base/index.ts";
import type { ProtocolName } from "./model/table.ts";
import type { Service, ServiceName } from "./service.ts";

/** Verifies who signs, and issues temporary credentials of its own. */
export interface Credentials extends CredentialIssuer {
  /**
   * The secret and identity behind an access key (and session token), or undefined if the key is refused. The empty
   * key asks whether a caller who signs nothing may be served.
   */
  find(accessKeyId: string, sessionToken: string | undefined): FoundCredentials | Promise<FoundCredentials>;
}

export type FoundCredentials =
  | {
      readonly identity: CallerIdentity;
      /** Absent: the signature is not checked. */
      readonly secretAccessKey?: string;
    }
  | "expired"
  | undefined;

export interface CredentialsOptions {
  /** 32 bytes, kept in the data directory: temporary credentials are derived from it. */
  readonly masterKey: Uint8Array;
  readonly accessKeys: AccessKeyDirectory;
  /** Keys that Lambkin did not issue are refused. */
  readonly secure: boolean;
  readonly defaultAccount: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** A request outside the AWS APIs, such as `/_lambkin/health`. Exact path, or a prefix ending in `/`. */
export interface DoorRoute {
  readonly method: "GET" | "POST" | "DELETE" | "PUT";
  readonly path: string;
  /** `open`: anybody who reaches the port; `signed`: SigV4 with service name `lambkin`, checked like any other. */
  readonly access: "open" | "signed";
  /** What a request of a signed route may bring at most; absent: no body. */
  readonly mostBodyBytes?: number;
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    caller: CallerIdentity | undefined,
    body: Uint8Array,
  ): void | Promise<void>;
}

/** How a connection that becomes a WebSocket came in. */
export interface UpgradeCircumstances {
  /** Without port, in lower case. */
  readonly host: string;
  readonly sourceIp: string;
  /** Set when it comes from inside an execution environment. */
  readonly peer: EnvironmentPeer | undefined;
}

/** Takes connections that ask to become WebSockets (RFC 6455). */
export interface DoorUpgrade {
  /** Whether addresses with this host (without port, in lower case) and path are its own. */
  matches(host: string, path: string): boolean;
  /**
   * The opening request is valid; the taker checks who sends it, answers on the socket and owns it from then on. When
   * the door stops, it ends the socket.
   */
  handle(request: IncomingMessage, socket: Socket, head: Buffer, circumstances: UpgradeCircumstances): void;
}

/** What a request for an AWS API, or for a signed route of the server itself, came to. */
export interface AnsweredRequest {
  readonly service: ServiceName | "lambkin";
  /** Absent: the service has no such operation. Of a route: its method and path. */
  readonly operation: string | undefined;
  readonly requestId: string;
  readonly status: number;
  readonly errorCode: string | undefined;
  /** Until the answer's head was known. */
  readonly durationMs: number;
  /** Absent: it could not be told who calls. */
  readonly identity: CallerIdentity | undefined;
  readonly region: string | undefined;
  readonly sourceIp: string;
  /** Set when the request came from inside an execution environment. */
  readonly environmentId: string | undefined;
  /** The typed input, if it came to that. Holds secrets. */
  readonly input: unknown;
}

/** Certificates of a door that also speaks TLS, on the same port. */
export interface DoorTls {
  /** The context for the host that a client names, or for the address that it connected to if it names none. */
  contextFor(host: string): SecureContext | Promise<SecureContext>;
}

export interface DoorOptions {
  /** Loads a service when it is first called; undefined for one that this server does not have. */
  readonly services: (name: ServiceName) => Promise<Service> | undefined;
  readonly credentials: Credentials;
  readonly routes: readonly DoorRoute[];
  /** Told of every request for an API or a signed route. Must be quick and may not throw. */
  readonly onAnswered?: (answered: AnsweredRequest) => void;
  readonly upgrades?: readonly DoorUpgrade[];
  /** Absent: no TLS. */
  readonly tls?: DoorTls;
  readonly defaultRegion: string;
  readonly defaultAccount: string;
  /** Further names under which this server may be addressed, beside loopback and the address it listens on. */
  readonly hostNames: readonly string[];
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

export interface AwsClientOptions {
  readonly service: ServiceName;
  /** `http://host:port` or `https://host:port`, of this server, of another one or of AWS. */
  readonly endpoint: string;
  readonly region: string;
  /** Asked before every request, so that temporary ones can be renewed. */
  credentials(): SigningCredentials | Promise<SigningCredentials>;
  /** Default: that of the service's table. */
  readonly protocol?: ProtocolName;
  /** Certificates to trust beside the usual ones, as PEM. */
  readonly ca?: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Calls an AWS API: encodes, signs and sends a request, and decodes its answer, all from the tables of ../generated. */
export interface AwsClient {
  /**
   * `operation`, `input` and output are as the SDK's types name and shape them; a streamed output is a Readable, an
   * event stream an AsyncIterable of events. Rejects with AwsClientError, whose `retry` says whether to try again: the
   * client itself does not. An aborted call rejects with the signal's reason.
   */
  send<Output extends object>(
    operation: string,
    input: object,
    call?: { readonly signal?: AbortSignal },
  ): Promise<Output>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** The environment that a connection comes from; the door serves it only its own account and no `DoorRoute`. */
export interface EnvironmentPeer {
  readonly environmentId: string;
  readonly account: string;
}

export interface DoorCounts {
  /** From outside, and from inside of sandboxes. */
  readonly connections: { readonly outside: number; readonly sandboxes: number };
  /** Requests that have no complete answer yet. */
  readonly running: number;
}

export interface Door {
  listen(address: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number }>;
  /** Serves a connection that was accepted inside a sandbox. */
  accept(socket: Socket, peer: EnvironmentPeer): void;
  /**
   * Takes no more connections from outside; those that are there finish what runs on them and end. Connections from
   * sandboxes go on being served, because functions that still run may call.
   */
  stopListening(): void;
  /** What is open at the moment. */
  counts(): DoorCounts;
  /** Takes no more connections at all, lets running requests finish until `deadlineMs` from now, then closes. */
  close(deadlineMs: number): Promise<void>;
}
