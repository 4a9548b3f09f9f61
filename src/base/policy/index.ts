export { type Authorization, type AuthorizationQuery, authorize, type PolicySource } from "./authorize.ts";
export type { ContextValue, PolicyRequest } from "./context.ts";
export type { PolicyDocument, PolicyKind, PolicyStatement } from "./document.ts";
export { type Decision, type Evaluation, evaluatePolicies } from "./evaluate.ts";
export { parsePolicy } from "./parse.ts";
export type { PolicyPrincipal } from "./principal.ts";
export { PolicySyntaxError } from "./syntax-error.ts";
