import { CreateAlias } from "./aliases/CreateAlias.ts";
import { DeleteAlias } from "./aliases/DeleteAlias.ts";
import { GetAlias } from "./aliases/GetAlias.ts";
import { ListAliases } from "./aliases/ListAliases.ts";
import { UpdateAlias } from "./aliases/UpdateAlias.ts";
import { DeleteFunctionEventInvokeConfig } from "./asynchronous/DeleteFunctionEventInvokeConfig.ts";
import { GetFunctionEventInvokeConfig } from "./asynchronous/GetFunctionEventInvokeConfig.ts";
import { ListFunctionEventInvokeConfigs } from "./asynchronous/ListFunctionEventInvokeConfigs.ts";
import { PutFunctionEventInvokeConfig } from "./asynchronous/PutFunctionEventInvokeConfig.ts";
import { UpdateFunctionEventInvokeConfig } from "./asynchronous/UpdateFunctionEventInvokeConfig.ts";
import { GetAccountSettings } from "./behaviour/GetAccountSettings.ts";
import { GetFunctionRecursionConfig } from "./behaviour/GetFunctionRecursionConfig.ts";
import { GetFunctionScalingConfig } from "./behaviour/GetFunctionScalingConfig.ts";
import { GetRuntimeManagementConfig } from "./behaviour/GetRuntimeManagementConfig.ts";
import { PutFunctionRecursionConfig } from "./behaviour/PutFunctionRecursionConfig.ts";
import { PutFunctionScalingConfig } from "./behaviour/PutFunctionScalingConfig.ts";
import { PutRuntimeManagementConfig } from "./behaviour/PutRuntimeManagementConfig.ts";
import { CreateFunction } from "./CreateFunction.ts";
import { CreateCapacityProvider } from "./capacity-providers/CreateCapacityProvider.ts";
import { DeleteCapacityProvider } from "./capacity-providers/DeleteCapacityProvider.ts";
import { GetCapacityProvider } from "./capacity-providers/GetCapacityProvider.ts";
import { ListCapacityProviders } from "./capacity-providers/ListCapacityProviders.ts";
import { ListFunctionVersionsByCapacityProvider } from "./capacity-providers/ListFunctionVersionsByCapacityProvider.ts";
import { UpdateCapacityProvider } from "./capacity-providers/UpdateCapacityProvider.ts";
import { CreateCodeSigningConfig } from "./code-signing/CreateCodeSigningConfig.ts";
import { DeleteCodeSigningConfig } from "./code-signing/DeleteCodeSigningConfig.ts";
import { DeleteFunctionCodeSigningConfig } from "./code-signing/DeleteFunctionCodeSigningConfig.ts";
import { GetCodeSigningConfig } from "./code-signing/GetCodeSigningConfig.ts";
import { GetFunctionCodeSigningConfig } from "./code-signing/GetFunctionCodeSigningConfig.ts";
import { ListCodeSigningConfigs } from "./code-signing/ListCodeSigningConfigs.ts";
import { ListFunctionsByCodeSigningConfig } from "./code-signing/ListFunctionsByCodeSigningConfig.ts";
import { PutFunctionCodeSigningConfig } from "./code-signing/PutFunctionCodeSigningConfig.ts";
import { UpdateCodeSigningConfig } from "./code-signing/UpdateCodeSigningConfig.ts";
import { DeleteFunctionConcurrency } from "./concurrency/DeleteFunctionConcurrency.ts";
import { DeleteProvisionedConcurrencyConfig } from "./concurrency/DeleteProvisionedConcurrencyConfig.ts";
import { GetFunctionConcurrency } from "./concurrency/GetFunctionConcurrency.ts";
import { GetProvisionedConcurrencyConfig } from "./concurrency/GetProvisionedConcurrencyConfig.ts";
import { ListProvisionedConcurrencyConfigs } from "./concurrency/ListProvisionedConcurrencyConfigs.ts";
import { PutFunctionConcurrency } from "./concurrency/PutFunctionConcurrency.ts";
import { PutProvisionedConcurrencyConfig } from "./concurrency/PutProvisionedConcurrencyConfig.ts";
import { DeleteFunction } from "./DeleteFunction.ts";
import { GetFunction } from "./GetFunction.ts";
import { GetFunctionConfiguration } from "./GetFunctionConfiguration.ts";
import { ListFunctions } from "./ListFunctions.ts";
import { ListVersionsByFunction } from "./ListVersionsByFunction.ts";
import { AddLayerVersionPermission } from "./layers/AddLayerVersionPermission.ts";
import { DeleteLayerVersion } from "./layers/DeleteLayerVersion.ts";
import { GetLayerVersion, GetLayerVersionByArn } from "./layers/GetLayerVersion.ts";
import { GetLayerVersionPolicy } from "./layers/GetLayerVersionPolicy.ts";
import { ListLayers } from "./layers/ListLayers.ts";
import { ListLayerVersions } from "./layers/ListLayerVersions.ts";
import { PublishLayerVersion } from "./layers/PublishLayerVersion.ts";
import { RemoveLayerVersionPermission } from "./layers/RemoveLayerVersionPermission.ts";
import { CreateEventSourceMapping } from "./mappings/CreateEventSourceMapping.ts";
import { DeleteEventSourceMapping } from "./mappings/DeleteEventSourceMapping.ts";
import { GetEventSourceMapping } from "./mappings/GetEventSourceMapping.ts";
import { ListEventSourceMappings } from "./mappings/ListEventSourceMappings.ts";
import { UpdateEventSourceMapping } from "./mappings/UpdateEventSourceMapping.ts";
import { PublishVersion } from "./PublishVersion.ts";
import { AddPermission } from "./permissions/AddPermission.ts";
import { DeleteResourcePolicy } from "./permissions/DeleteResourcePolicy.ts";
import { GetPolicy } from "./permissions/GetPolicy.ts";
import { GetResourcePolicy } from "./permissions/GetResourcePolicy.ts";
import { PutResourcePolicy } from "./permissions/PutResourcePolicy.ts";
import { RemovePermission } from "./permissions/RemovePermission.ts";
import { ListTags } from "./tags/ListTags.ts";
import { TagResource } from "./tags/TagResource.ts";
import { UntagResource } from "./tags/UntagResource.ts";
import { UpdateFunctionCode } from "./UpdateFunctionCode.ts";
import { UpdateFunctionConfiguration } from "./UpdateFunctionConfiguration.ts";
import { CreateFunctionUrlConfig } from "./urls/CreateFunctionUrlConfig.ts";
import { DeleteFunctionUrlConfig } from "./urls/DeleteFunctionUrlConfig.ts";
import { GetFunctionUrlConfig } from "./urls/GetFunctionUrlConfig.ts";
import { ListFunctionUrlConfigs } from "./urls/ListFunctionUrlConfigs.ts";
import { UpdateFunctionUrlConfig } from "./urls/UpdateFunctionUrlConfig.ts";

/** The operations of the control plane, by name. */
export const OPERATIONS = {
  AddLayerVersionPermission,
  AddPermission,
  CreateAlias,
  CreateCapacityProvider,
  CreateCodeSigningConfig,
  CreateEventSourceMapping,
  CreateFunction,
  CreateFunctionUrlConfig,
  DeleteAlias,
  DeleteCapacityProvider,
  DeleteCodeSigningConfig,
  DeleteEventSourceMapping,
  DeleteFunction,
  DeleteFunctionCodeSigningConfig,
  DeleteFunctionConcurrency,
  DeleteFunctionEventInvokeConfig,
  DeleteFunctionUrlConfig,
  DeleteLayerVersion,
  DeleteProvisionedConcurrencyConfig,
  DeleteResourcePolicy,
  GetAccountSettings,
  GetAlias,
  GetCapacityProvider,
  GetCodeSigningConfig,
  GetEventSourceMapping,
  GetFunction,
  GetFunctionCodeSigningConfig,
  GetFunctionConcurrency,
  GetFunctionConfiguration,
  GetFunctionEventInvokeConfig,
  GetFunctionRecursionConfig,
  GetFunctionScalingConfig,
  GetFunctionUrlConfig,
  GetLayerVersion,
  GetLayerVersionByArn,
  GetLayerVersionPolicy,
  GetPolicy,
  GetProvisionedConcurrencyConfig,
  GetResourcePolicy,
  GetRuntimeManagementConfig,
  ListAliases,
  ListCapacityProviders,
  ListCodeSigningConfigs,
  ListEventSourceMappings,
  ListFunctionEventInvokeConfigs,
  ListFunctionUrlConfigs,
  ListFunctionVersionsByCapacityProvider,
  ListFunctions,
  ListFunctionsByCodeSigningConfig,
  ListLayerVersions,
  ListLayers,
  ListProvisionedConcurrencyConfigs,
  ListTags,
  ListVersionsByFunction,
  PublishLayerVersion,
  PublishVersion,
  PutFunctionCodeSigningConfig,
  PutFunctionConcurrency,
  PutFunctionEventInvokeConfig,
  PutFunctionRecursionConfig,
  PutFunctionScalingConfig,
  PutProvisionedConcurrencyConfig,
  PutResourcePolicy,
  PutRuntimeManagementConfig,
  RemoveLayerVersionPermission,
  RemovePermission,
  TagResource,
  UntagResource,
  UpdateAlias,
  UpdateCapacityProvider,
  UpdateCodeSigningConfig,
  UpdateEventSourceMapping,
  UpdateFunctionCode,
  UpdateFunctionConfiguration,
  UpdateFunctionEventInvokeConfig,
  UpdateFunctionUrlConfig,
};
