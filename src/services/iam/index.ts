import type { AccessKeyDirectory, Clock, Log, Randomness, RoleDirectory } from "../../base/index.ts";
import type { StateStore } from "../../storage/index.ts";
import { bindOperations, type Service } from "../../wire/index.ts";
import { AccessKeys } from "./access-keys.ts";
import { Iam } from "./model.ts";
import { operations } from "./operations/index.ts";

export interface IamService {
  readonly service: Service;
  readonly accessKeys: AccessKeyDirectory;
  readonly roles: RoleDirectory;
  close(): void;
}

/** IAM as far as tools need it before and around a function: roles, policies, users and access keys. */
export function createIam(options: {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}): IamService {
  const iam = new Iam(options);
  const accessKeys = new AccessKeys(iam);
  return {
    service: { name: "iam", operations: bindOperations(iam, operations) },
    accessKeys,
    roles: {
      async find(roleArn) {
        const match = /^arn:[\w-]+:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(roleArn);
        const [, account, name] = match ?? [];
        if (account === undefined || name === undefined) return undefined;
        const role = await iam.roles.recall(account, name);
        if (role?.arn !== roleArn) return undefined;
        const { id, trustPolicy, maxSessionSeconds } = role;
        return { roleId: id, trustPolicy, maxSessionSeconds };
      },
    },
    close: () => accessKeys.close(),
  };
}
