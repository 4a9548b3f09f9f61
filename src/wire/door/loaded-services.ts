import type { AuthenticationErrors } from "../authentication/errors.ts";
import { s3AuthenticationErrors, sigV4Errors } from "../authentication/errors.ts";
import { loadConstraints, loadModel, type ServiceFacts } from "../model/registry.ts";
import type { OperationModel, ServiceModel } from "../model/table.ts";
import { createAwsJson } from "../protocols/aws-json.ts";
import { createAwsQuery } from "../protocols/aws-query.ts";
import type { OperationCodec, Protocol } from "../protocols/protocol.ts";
import { createRestJson } from "../protocols/rest-json.ts";
import { createRestXml } from "../protocols/rest-xml.ts";
import { RestRouter } from "../routing/rest-router.ts";
import type { Service, ServiceName } from "../service.ts";
import { CONSTRAINT_OVERRIDES, UNVALIDATED_SERVICES } from "../validation/overrides.ts";
import { type Validator, Validators } from "../validation/validator.ts";

/** An operation, compiled when it is first called. */
export interface LoadedOperation {
  readonly codec: OperationCodec;
  readonly validate: Validator;
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
    validators: Validators | undefined;
    service: Service | undefined;
  }) {
    this.facts = parts.facts;
    this.model = parts.model;
    this.service = parts.service;
    this.#validators = parts.validators;
    this.protocol = createProtocol(parts.model, parts.facts.name, parts.service);
    this.authenticationErrors = authenticationErrors(parts.model);
    const rest = parts.model.protocol === "restJson1" || parts.model.protocol === "restXml";
    this.router = rest ? new RestRouter(parts.model) : undefined;
  }

  operation(model: OperationModel): LoadedOperation {
    let operation = this.#operations.get(model);
    if (operation === undefined) {
      operation = {
        codec: this.protocol.codec(model),
        validate: this.#validators?.of(model.name) ?? (() => []),
      };
      this.#operations.set(model, operation);
    }
    return operation;
  }
}

function createProtocol(model: ServiceModel, name: ServiceName, service: Service | undefined): Protocol {
  switch (model.protocol) {
    case "restJson1":
      return createRestJson(model);
    case "restXml":
      return createRestXml(model);
    case "awsQuery":
      return createAwsQuery(model);
    default:
      return createAwsJson(model, name, service?.bodies ?? "typed");
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
  readonly #loaded = new Map<ServiceName, LoadedService | Promise<LoadedService>>();

  constructor(services: (name: ServiceName) => Promise<Service> | undefined) {
    this.#services = services;
  }

  /** The service itself once it is loaded, so that later requests wait for nothing. */
  get(facts: ServiceFacts): LoadedService | Promise<LoadedService> {
    const known = this.#loaded.get(facts.name);
    if (known !== undefined) return known;
    const loading = this.#load(facts);
    this.#loaded.set(facts.name, loading);
    loading.then(
      (service) => this.#loaded.set(facts.name, service),
      // The next request tries again.
      () => this.#loaded.delete(facts.name),
    );
    return loading;
  }

  async #load(facts: ServiceFacts): Promise<LoadedService> {
    const { name } = facts;
    const validated = !UNVALIDATED_SERVICES.has(name);
    const [model, constraints, service] = await Promise.all([
      loadModel(name),
      validated ? loadConstraints(name) : undefined,
      this.#services(name),
    ]);
    const validators =
      constraints === undefined ? undefined : new Validators(constraints, CONSTRAINT_OVERRIDES[name]);
    return new LoadedService({ facts, model, validators, service });
  }
}
