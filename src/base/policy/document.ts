import type { Condition } from "./condition.ts";
import type { PrincipalEntry } from "./principal.ts";
import type { ResourcePattern } from "./resource-pattern.ts";
import type { WildcardPattern } from "./wildcard.ts";

/** What a document is attached to decides which elements it must and must not have. */
export type PolicyKind =
  /** Identity-based policies, permissions boundaries and session policies: no Principal. */
  | "identity"
  /** Resource-based policies: a Principal; without Resource a statement is about what it is attached to. */
  | "resource"
  /** The trust policy of a role: a Principal, no Resource. */
  | "trust";

/** A policy document, ready to be evaluated. Made by parsePolicy. */
export interface PolicyDocument {
  readonly kind: PolicyKind;
  readonly version: "2008-10-17" | "2012-10-17";
  readonly id?: string;
  readonly statements: readonly PolicyStatement[];
}

/** `none` tells NotAction, NotResource and NotPrincipal from their opposites. */
export interface PolicyStatement {
  readonly sid?: string;
  readonly effect: "Allow" | "Deny";
  readonly principals?: { readonly none: boolean; readonly entries: readonly PrincipalEntry[] };
  /** Patterns in lower case. */
  readonly actions: { readonly none: boolean; readonly patterns: readonly WildcardPattern[] };
  readonly resources?: { readonly none: boolean; readonly patterns: readonly ResourcePattern[] };
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
}
