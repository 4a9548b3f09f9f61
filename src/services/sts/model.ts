import type { Credentials } from "@aws-sdk/client-sts";
import type {
  AccessKeyDirectory,
  Clock,
  CredentialIssuer,
  RoleDirectory,
  TemporaryCredentials,
} from "../../base/index.ts";

/** What the operations of STS share. */
export interface Sts {
  readonly roles: RoleDirectory;
  readonly issuer: CredentialIssuer;
  readonly accessKeys: AccessKeyDirectory;
  readonly clock: Clock;
  /** Only roles that exist can be assumed. */
  readonly requireRoles: boolean;
}

export function toCredentials(credentials: TemporaryCredentials): Credentials {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    // AWS tells whole seconds.
    Expiration: new Date(Math.floor(credentials.expiration / 1000) * 1000),
  };
}
