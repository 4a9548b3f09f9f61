import type { AssumeRoleRequest, Credentials, GetSessionTokenRequest } from "@aws-sdk/client-sts";
import type {
  AccessKeyDirectory,
  Clock,
  CredentialIssuer,
  Log,
  RoleDirectory,
  TemporaryCredentials,
} from "../../base/index.ts";
import { fail } from "./errors.ts";

/** What the operations of STS share. */
export interface Sts {
  readonly roles: RoleDirectory;
  readonly issuer: CredentialIssuer;
  readonly accessKeys: AccessKeyDirectory;
  readonly clock: Clock;
  /** Only roles that exist can be assumed. */
  readonly requireRoles: boolean;
  readonly log: Log;
}

/**
 * The members of a request that have no effect here. A code of a device can't be true where there are no devices, and
 * is believed only where keys are.
 */
export function unheededMembers(
  sts: Sts,
  input: Partial<AssumeRoleRequest> & GetSessionTokenRequest,
): readonly string[] {
  const { SerialNumber, TokenCode } = input;
  if (SerialNumber !== undefined || TokenCode !== undefined) {
    if (SerialNumber === undefined || TokenCode === undefined) {
      throw fail("AccessDenied", {
        with: "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
      });
    }
    if (sts.requireRoles) {
      throw fail("AccessDenied", {
        with: "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
      });
    }
  }
  return [
    ...(SerialNumber === undefined ? [] : ["SerialNumber"]),
    ...(input.Policy === undefined ? [] : ["Policy"]),
    ...((input.PolicyArns?.length ?? 0) === 0 ? [] : ["PolicyArns"]),
    ...((input.Tags?.length ?? 0) === 0 ? [] : ["Tags"]),
    ...((input.TransitiveTagKeys?.length ?? 0) === 0 ? [] : ["TransitiveTagKeys"]),
  ];
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
