/**
 * The small interfaces over which rooms reach each other. A room declares what it needs by one of these;
 * `server` alone knows who provides it.
 */

/** Who calls, as IAM names callers. */
export interface CallerIdentity {
  readonly kind: "root" | "user" | "assumed-role" | "anonymous";
  /** 12 digits. */
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
}

/** The service and resource on whose behalf an event is delivered; what resource policies are evaluated against. */
export interface EventOrigin {
  /** For instance `s3.amazonaws.com`. */
  readonly principal: string;
  readonly sourceArn: string;
  readonly sourceAccount: string;
}

/** Where a service sends what happened in it: a Lambda function today, a queue or topic when those exist. */
export interface EventTargets {
  /** Tells whether an event from `origin` could be delivered to `targetArn` now. */
  check(targetArn: string, origin: EventOrigin): Promise<"ok" | "missing" | "forbidden" | "unsupported">;
  /**
   * Durable when it resolves. `id` makes a repeated delivery harmless. A target that is gone or forbids the
   * delivery is dropped and logged, as AWS does; a rejection means: try again later.
   */
  deliver(event: {
    readonly targetArn: string;
    readonly origin: EventOrigin;
    readonly payload: Uint8Array;
    readonly id: string;
    readonly traceId?: string;
  }): Promise<void>;
}

/** What an event source mapping can read from; `kafka` is a cluster of one's own, `msk` one of Amazon MSK. */
export type EventSourceKind = "sqs" | "kinesis" | "dynamodb" | "msk" | "kafka" | "mq" | "documentdb";

export interface EventSource {
  /** Of the mapping; those of the source are in its ARN. */
  readonly account: string;
  readonly region: string;
  readonly kind: EventSourceKind;
  /** Absent for a cluster of one's own. */
  readonly arn?: string;
  /** `host:port` of a cluster of one's own. */
  readonly servers: readonly string[];
}

/** The sources that event source mappings read from. */
export interface EventSources {
  /** Whether there is such a source; `unserved` if nothing here reads sources of its kind. */
  check(source: EventSource): Promise<"ok" | "missing" | "unserved">;
}

/** What an asynchronous invocation came to, or the event that it could not handle, on its way to a queue, topic, bucket or function. */
export interface InvocationMessage {
  readonly kind: "destination" | "dead-letter";
  readonly targetArn: string;
  /** As invoked. */
  readonly functionArn: string;
  /** On whose behalf it is sent. */
  readonly roleArn?: string;
  /** JSON text. */
  readonly body: string;
  /** Message attributes, of a dead letter. */
  readonly attributes: Readonly<
    Record<string, { readonly type: "String" | "Number"; readonly value: string }>
  >;
  readonly traceId: string;
  /** When the invocation came to it, epoch milliseconds. */
  readonly timeMs: number;
  /** Makes a repeated delivery harmless. */
  readonly id: string;
}

/** A service that takes such messages. */
export interface InvocationDestination {
  /** Durable when it resolves; rejects if the target did not take it. */
  send(message: InvocationMessage): Promise<void>;
}

/** Reads an object from an S3-compatible endpoint. */
export interface ObjectReader {
  /** Rejects with a ServiceError whose code is S3's (`NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`, `AccessDenied`). */
  read(object: {
    readonly account: string;
    readonly region: string;
    readonly bucket: string;
    readonly key: string;
    readonly versionId?: string;
    readonly mostBytes: number;
  }): Promise<Uint8Array>;
}

/** Credentials as AWS hands them out. `expiration` is epoch milliseconds. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: number;
}

/** Issues temporary credentials that the door verifies. Needs no store: the token carries what it stands for. */
export interface CredentialIssuer {
  assumeRole(session: {
    readonly roleArn: string;
    readonly roleId: string;
    readonly sessionName: string;
    readonly durationSeconds: number;
  }): TemporaryCredentials;
  /** Credentials of a user or of root, who stays who it is. */
  sessionOf(session: {
    readonly identity: CallerIdentity;
    readonly durationSeconds: number;
  }): TemporaryCredentials;
}

/** Long-lived access keys that Lambkin issued. */
export interface AccessKeyDirectory {
  /** No promise where nothing has to be waited for. */
  find(accessKeyId: string): FoundAccessKey | Promise<FoundAccessKey>;
}

export type FoundAccessKey =
  | { readonly secretAccessKey: string; readonly identity: CallerIdentity }
  /** Issued, but not to be used now. */
  | "inactive"
  | undefined;

/** What others need to know of IAM roles. */
export interface RoleDirectory {
  find(roleArn: string): Promise<
    | {
        readonly roleId: string;
        readonly trustPolicy: string;
        /** The longest session that may be asked for; absent where nobody set one. */
        readonly maxSessionSeconds?: number;
      }
    | undefined
  >;
}

/** One line of a function's log; `timestamp` is epoch milliseconds. */
export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

/** Where execution environments write their logs. Never blocks and never throws: a full buffer drops and counts. */
export interface LogSink {
  append(
    stream: {
      readonly account: string;
      readonly region: string;
      readonly group: string;
      readonly stream: string;
    },
    events: readonly LogEvent[],
  ): void;
}

/** Directories of this machine that functions run from as they are, and follow when they change. */
export interface LiveDirectories {
  /** The directory with links resolved, or a sentence for people why functions may not run from it. */
  admit(directory: string): Promise<{ readonly directory: string } | { readonly refused: string }>;
  /** Where the code of a function lies now, ready to run: the directory itself, or what was built from it. */
  codeOf(directory: string, runs: { readonly handler: string; readonly runtime: string }): Promise<string>;
  /**
   * Calls back after changes of the directory, once they have settled, with the paths below it that changed. Changes
   * that no handler can notice may be left out. Returns what ends that.
   */
  follow(
    directory: string,
    handlers: () => readonly string[],
    onChange: (paths: readonly string[]) => void,
  ): () => void;
}
