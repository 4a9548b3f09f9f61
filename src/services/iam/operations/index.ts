import { AttachRolePolicy } from "./AttachRolePolicy.ts";
import { AttachUserPolicy } from "./AttachUserPolicy.ts";
import { CreateAccessKey } from "./CreateAccessKey.ts";
import { CreatePolicy } from "./CreatePolicy.ts";
import { CreatePolicyVersion } from "./CreatePolicyVersion.ts";
import { CreateRole } from "./CreateRole.ts";
import { CreateUser } from "./CreateUser.ts";
import { DeleteAccessKey } from "./DeleteAccessKey.ts";
import { DeletePolicy } from "./DeletePolicy.ts";
import { DeletePolicyVersion } from "./DeletePolicyVersion.ts";
import { DeleteRole } from "./DeleteRole.ts";
import { DeleteRolePermissionsBoundary } from "./DeleteRolePermissionsBoundary.ts";
import { DeleteRolePolicy } from "./DeleteRolePolicy.ts";
import { DeleteUser } from "./DeleteUser.ts";
import { DeleteUserPermissionsBoundary } from "./DeleteUserPermissionsBoundary.ts";
import { DeleteUserPolicy } from "./DeleteUserPolicy.ts";
import { DetachRolePolicy } from "./DetachRolePolicy.ts";
import { DetachUserPolicy } from "./DetachUserPolicy.ts";
import { GetPolicy } from "./GetPolicy.ts";
import { GetPolicyVersion } from "./GetPolicyVersion.ts";
import { GetRole } from "./GetRole.ts";
import { GetRolePolicy } from "./GetRolePolicy.ts";
import { GetUser } from "./GetUser.ts";
import { GetUserPolicy } from "./GetUserPolicy.ts";
import { ListAccessKeys } from "./ListAccessKeys.ts";
import { ListAttachedRolePolicies } from "./ListAttachedRolePolicies.ts";
import { ListAttachedUserPolicies } from "./ListAttachedUserPolicies.ts";
import { ListInstanceProfilesForRole } from "./ListInstanceProfilesForRole.ts";
import { ListPolicies } from "./ListPolicies.ts";
import { ListPolicyVersions } from "./ListPolicyVersions.ts";
import { ListRolePolicies } from "./ListRolePolicies.ts";
import { ListRoles } from "./ListRoles.ts";
import { ListRoleTags } from "./ListRoleTags.ts";
import { ListUserPolicies } from "./ListUserPolicies.ts";
import { ListUsers } from "./ListUsers.ts";
import { ListUserTags } from "./ListUserTags.ts";
import { PutRolePermissionsBoundary } from "./PutRolePermissionsBoundary.ts";
import { PutRolePolicy } from "./PutRolePolicy.ts";
import { PutUserPermissionsBoundary } from "./PutUserPermissionsBoundary.ts";
import { PutUserPolicy } from "./PutUserPolicy.ts";
import { SetDefaultPolicyVersion } from "./SetDefaultPolicyVersion.ts";
import { TagRole } from "./TagRole.ts";
import { TagUser } from "./TagUser.ts";
import { UntagRole } from "./UntagRole.ts";
import { UntagUser } from "./UntagUser.ts";
import { UpdateAccessKey } from "./UpdateAccessKey.ts";
import { UpdateAssumeRolePolicy } from "./UpdateAssumeRolePolicy.ts";
import { UpdateRole } from "./UpdateRole.ts";

/** Every operation of IAM that Lambkin answers. */
export const operations = {
  AttachRolePolicy,
  AttachUserPolicy,
  CreateAccessKey,
  CreatePolicy,
  CreatePolicyVersion,
  CreateRole,
  CreateUser,
  DeleteAccessKey,
  DeletePolicy,
  DeletePolicyVersion,
  DeleteRole,
  DeleteRolePermissionsBoundary,
  DeleteRolePolicy,
  DeleteUser,
  DeleteUserPermissionsBoundary,
  DeleteUserPolicy,
  DetachRolePolicy,
  DetachUserPolicy,
  GetPolicy,
  GetPolicyVersion,
  GetRole,
  GetRolePolicy,
  GetUser,
  GetUserPolicy,
  ListAccessKeys,
  ListAttachedRolePolicies,
  ListAttachedUserPolicies,
  ListInstanceProfilesForRole,
  ListPolicies,
  ListPolicyVersions,
  ListRolePolicies,
  ListRoleTags,
  ListRoles,
  ListUserPolicies,
  ListUserTags,
  ListUsers,
  PutRolePermissionsBoundary,
  PutRolePolicy,
  PutUserPermissionsBoundary,
  PutUserPolicy,
  SetDefaultPolicyVersion,
  TagRole,
  TagUser,
  UntagRole,
  UntagUser,
  UpdateAccessKey,
  UpdateAssumeRolePolicy,
  UpdateRole,
};
