import type { AuthenticationErrors } from "../authentication/errors.ts";
import { s3AuthenticationErrors, sigV4Errors } from "../authentication/errors.ts";
import { loadConstraints, loadModel, type ServiceFacts } from "../model/registry.ts";
import type { OperationModel, ProtocolName, ServiceModel } from "../model/table.ts";
import { createAwsQuery } from "../protocols/aws-query.ts";
import type { OperationCodec, Protocol } from "../protocols/protocol.ts";
import { createRestJson } from "../protocols/rest-json.ts";
import { createRestXml } from "../protocols/rest-xml.ts";
import { createRpc } from "../protocols/rpc.ts";
import { jsonRpcBodies } from "../protocols/rpc-bodies.ts";
import { RestRouter } from "../routing/rest-router.ts";
import type { Service, ServiceName } from "../service.ts";
import { CONSTRAINT_OVERRIDES, UNVALIDATED_SERVICES } from "../validation/overrides.ts";
import { type Validator, Validators } from "../validation/validator.ts";

/** An operation, compiled when it is first called. */
export interface LoadedOperation {
  readonly codec: OperationCodec;
  readonly validate: Validator;
  /** Neither its input nor its output is a stream. */
  readonly whole: boolean;
}

/** Everything that answering for one service needs. */
export class LoadedService {
  readonly facts: ServiceFacts;
  readonly model: ServiceModel;
  readonly protocol: Protocol;
  readonly authenticationErrors: AuthenticationErrors;
  readonly router: RestRouter | undefined;
  /** Absent: this server does not have the service. */
  readonly service: Service | undefined;
  readonly #validators: Validators | undefined;
  readonly #operations = new Map<OperationModel, LoadedOperation>();

  constructor(parts: {
    facts: ServiceFacts;
    model: ServiceModel;
    protocol: Protocol;
    validators: Validators | undefined;
    service: Service | undefined;
  }) {
    this.facts = parts.facts;
    this.model = parts.model;
    this.service = parts.service;
    this.#validators = parts.validators;
    this.protocol = parts.protocol;
    this.authenticationErrors = authenticationErrors(parts.model);
    const rest = parts.model.protocol === "restJson1" || parts.model.protocol === "restXml";
    this.router = rest ? new RestRouter(parts.model) : undefined;
  }

  operation(model: OperationModel): LoadedOperation {
    let operation = this.#operations.get(model);
    if (operation === undefined) {
      const codec = this.protocol.codec(model);
      operation = {
        codec,
        validate: this.#validators?.of(model.name) ?? (() => []),
        whole: codec.streams === false && !model.output.members.some(({ traits }) => traits.streaming === 1),
      };
      this.#operations.set(model, operation);
    }
    return operation;
  }
}

async function createProtocol(
  model: ServiceModel,
  name: ServiceName,
  service: Service | undefined,
): Promise<Protocol> {
  switch (model.protocol) {
    case "restJson1":
      return createRestJson(model);
    case "restXml":
      return createRestXml(model);
    case "awsQuery":
      return createAwsQuery(model);
    case "rpcv2Cbor":
    case "awsCbor1_1": {
      // Few clients speak CBOR.
      const { awsCborBodies, rpcV2CborBodies } = await import("../protocols/cbor-bodies.ts");
      return createRpc(model, name, model.protocol === "rpcv2Cbor" ? rpcV2CborBodies() : awsCborBodies());
    }
    case "awsJson1_0":
      return createRpc(model, name, jsonRpcBodies("application/x-amz-json-1.0", service?.bodies ?? "typed"));
    default:
      return createRpc(model, name, jsonRpcBodies("application/x-amz-json-1.1", service?.bodies ?? "typed"));
  }
}

function authenticationErrors(model: ServiceModel): AuthenticationErrors {
  switch (model.protocol) {
    case "restJson1":
      return sigV4Errors("restJson");
    case "restXml":
      return s3AuthenticationErrors;
    case "awsQuery":
      return sigV4Errors("query");
    default:
      return sigV4Errors("awsJson");
  }
}

/** Loads a service's tables and handlers when it is first called, once. */
export class LoadedServices {
  readonly #services: (name: ServiceName) => Promise<Service> | undefined;
  /** By name, and by name and protocol for those that speak another one than their own. */
  readonly #loaded = new Map<string, LoadedService | Promise<LoadedService>>();

  constructor(services: (name: ServiceName) => Promise<Service> | undefined) {
    this.#services = services;
  }

  /** The service itself once it is loaded, so that later requests wait for nothing. */
  get(facts: ServiceFacts, alternate: ProtocolName | undefined): LoadedService | Promise<LoadedService> {
    const key = alternate === undefined ? facts.name : `${facts.name} ${alternate}`;
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    const loading = this.#load(facts, alternate);
    this.#loaded.set(key, loading);
    loading.then(
      (service) => this.#loaded.set(key, service),
      // The next request tries again.
      () => this.#loaded.delete(key),
    );
    return loading;
  }

  async #load(facts: ServiceFacts, alternate: ProtocolName | undefined): Promise<LoadedService> {
    const { name } = facts;
    const validated = !UNVALIDATED_SERVICES.has(name);
    const [table, constraints, service] = await Promise.all([
      loadModel(name),
      validated ? loadConstraints(name) : undefined,
      this.#services(name),
    ]);
    const validators =
      constraints === undefined ? undefined : new Validators(constraints, CONSTRAINT_OVERRIDES[name] ?? {});
    const model: ServiceModel = {
      ...table,
      protocol: alternate ?? table.protocol,
      xmlNamespace: facts.xmlNamespace ?? table.xmlNamespace,
    };
    const protocol = await createProtocol(model, name, service);
    return new LoadedService({ facts, model, protocol, validators, service });
  }
}
