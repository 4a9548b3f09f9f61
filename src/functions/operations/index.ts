import { AddPermission } from "./AddPermission.ts";
import { CreateAlias } from "./aliases/CreateAlias.ts";
import { DeleteAlias } from "./aliases/DeleteAlias.ts";
import { GetAlias } from "./aliases/GetAlias.ts";
import { ListAliases } from "./aliases/ListAliases.ts";
import { UpdateAlias } from "./aliases/UpdateAlias.ts";
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
import { DeleteFunction } from "./DeleteFunction.ts";
import { GetFunction } from "./GetFunction.ts";
import { GetFunctionConfiguration } from "./GetFunctionConfiguration.ts";
import { GetPolicy } from "./GetPolicy.ts";
import { ListFunctions } from "./ListFunctions.ts";
import { ListTags } from "./ListTags.ts";
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
import { RemovePermission } from "./RemovePermission.ts";
import { TagResource } from "./TagResource.ts";
import { UntagResource } from "./UntagResource.ts";
import { UpdateFunctionCode } from "./UpdateFunctionCode.ts";
import { UpdateFunctionConfiguration } from "./UpdateFunctionConfiguration.ts";

/** The operations of the control plane, by name. */
export const OPERATIONS = {
  AddLayerVersionPermission,
  AddPermission,
  CreateAlias,
  CreateCapacityProvider,
  CreateCodeSigningConfig,
  CreateEventSourceMapping,
  CreateFunction,
  DeleteAlias,
  DeleteCapacityProvider,
  DeleteCodeSigningConfig,
  DeleteEventSourceMapping,
  DeleteFunction,
  DeleteFunctionCodeSigningConfig,
  DeleteLayerVersion,
  GetAlias,
  GetCapacityProvider,
  GetCodeSigningConfig,
  GetEventSourceMapping,
  GetFunction,
  GetFunctionCodeSigningConfig,
  GetFunctionConfiguration,
  GetLayerVersion,
  GetLayerVersionByArn,
  GetLayerVersionPolicy,
  GetPolicy,
  ListAliases,
  ListCapacityProviders,
  ListCodeSigningConfigs,
  ListEventSourceMappings,
  ListFunctions,
  ListFunctionsByCodeSigningConfig,
  ListFunctionVersionsByCapacityProvider,
  ListLayers,
  ListLayerVersions,
  ListTags,
  ListVersionsByFunction,
  PublishLayerVersion,
  PublishVersion,
  PutFunctionCodeSigningConfig,
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
};
