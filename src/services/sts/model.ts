import type { Clock, CredentialIssuer, RoleDirectory } from "../../base/index.ts";

/** What the operations of STS share. */
export interface Sts {
  readonly roles: RoleDirectory;
  readonly issuer: CredentialIssuer;
  readonly clock: Clock;
  /** Only roles that exist can be assumed. */
  readonly requireRoles: boolean;
}
