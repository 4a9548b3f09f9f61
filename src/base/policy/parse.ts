import { policyLimits } from "../limits.ts";
import { type Condition, createCondition } from "./condition.ts";
import type { PolicyDocument, PolicyKind, PolicyStatement } from "./document.ts";
import { everyone, type PrincipalEntry, parsePrincipalEntry } from "./principal.ts";
import { ResourcePattern } from "./resource-pattern.ts";
import { PolicySyntaxError, quoted, syntaxErrors } from "./syntax-error.ts";
import { demandPatternLength } from "./template.ts";
import { WildcardPattern, wildcardUnits } from "./wildcard.ts";

const DOCUMENT_ELEMENTS = new Set(["Version", "Id", "Statement"]);
const STATEMENT_ELEMENTS = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

type JsonObject = Readonly<Record<string, unknown>>;

/** What is known of the document when its statements are read. */
interface Reading {
  readonly kind: PolicyKind;
  /** Policy variables exist since version 2012-10-17. */
  readonly variables: boolean;
  readonly budget: Budget;
}

/**
 * Reads a policy document, JSON text or what JSON.parse made of it. Throws PolicySyntaxError and nothing else: the
 * grammar is as deep as it is, so that nesting needs no limit beyond it; size and counts have theirs.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(source: unknown, options: { readonly kind: PolicyKind }): PolicyDocument {
  const document = objectOf(typeof source === "string" ? parseJson(source, options.kind) : source);
  const budget = new Budget();
  demandElements(document, DOCUMENT_ELEMENTS);
  const version = document["Version"] ?? "2008-10-17";
  if (version !== "2008-10-17" && version !== "2012-10-17") throw syntaxErrors();
  const id = optionalText(document["Id"], budget);
  const statements = listOf(document["Statement"]);
  if (statements.length === 0 || statements.length > policyLimits.statements) throw syntaxErrors();
  const reading: Reading = { kind: options.kind, variables: version === "2012-10-17", budget };
  const parsed = statements.map((statement) => parseStatement(objectOf(statement), reading));
  demandUniqueSids(parsed);
  return { kind: options.kind, version, ...(id === undefined ? {} : { id }), statements: parsed };
}

function parseJson(text: string, kind: PolicyKind): unknown {
  if (text.length > policyLimits.documentCharacters) throw tooLong();
  try {
    return JSON.parse(text);
  } catch {
    throw kind === "trust" ? new PolicySyntaxError("This policy contains invalid Json") : syntaxErrors();
  }
}

function parseStatement(statement: JsonObject, reading: Reading): PolicyStatement {
  demandElements(statement, STATEMENT_ELEMENTS);
  demandKind(statement, reading.kind);
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw syntaxErrors();
  const sid = optionalText(statement["Sid"], reading.budget);
  if (reading.kind !== "resource" && sid !== undefined && !/^[0-9A-Za-z]*$/.test(sid)) {
    throw new PolicySyntaxError(
      "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
    );
  }
  const principals = parsePrincipals(statement, reading);
  const resources = parseResources(statement, reading);
  return {
    ...(sid === undefined ? {} : { sid }),
    effect,
    ...(principals === undefined ? {} : { principals }),
    actions: parseActions(statement, reading),
    ...(resources === undefined ? {} : { resources }),
    conditions: parseConditions(statement["Condition"], reading),
  };
}

function demandKind(statement: JsonObject, kind: PolicyKind): void {
  const principal = "Principal" in statement || "NotPrincipal" in statement;
  if (kind === "identity") {
    if (principal) throw new PolicySyntaxError("Policy document should not specify a principal.");
    return;
  }
  if (kind === "trust") {
    for (const element of ["Resource", "NotResource", "NotPrincipal"]) {
      if (element in statement) throw new PolicySyntaxError(`Has prohibited field ${element}`);
    }
  }
  if (!principal) throw new PolicySyntaxError("Missing required field Principal");
}

function parsePrincipals(statement: JsonObject, { budget }: Reading): PolicyStatement["principals"] {
  const chosen = either(statement, "Principal", "NotPrincipal");
  if (chosen === undefined) return undefined;
  const { value, none } = chosen;
  if (typeof value === "string") {
    if (value === "*") return { none, entries: [everyone()] };
    throw new PolicySyntaxError(`Invalid principal in policy: "STAR":"${quoted(value)}"`);
  }
  const entries: PrincipalEntry[] = [];
  for (const [type, names] of Object.entries(objectOf(value))) {
    entries.push(...textsOf(names, budget).map((name) => parsePrincipalEntry(type, name)));
  }
  if (entries.length === 0) throw syntaxErrors();
  return { none, entries };
}

function parseActions(statement: JsonObject, { budget }: Reading): PolicyStatement["actions"] {
  const chosen = either(statement, "Action", "NotAction");
  const texts = chosen === undefined ? [] : textsOf(chosen.value, budget);
  if (chosen === undefined || texts.length === 0) {
    throw new PolicySyntaxError("Policy statement must contain actions.");
  }
  const patterns = texts.map((action) => {
    demandPatternLength(action);
    if (action !== "*") demandVendor(action, { onlyColon: true });
    return new WildcardPattern(wildcardUnits(action.toLowerCase()));
  });
  return { none: chosen.none, patterns };
}

function demandVendor(name: string, options: { readonly onlyColon: boolean }): void {
  const colon = name.indexOf(":");
  if (colon < 0) {
    throw new PolicySyntaxError("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  }
  if (options.onlyColon && name.indexOf(":", colon + 1) >= 0) {
    throw new PolicySyntaxError("Actions/Condition can contain only one colon.");
  }
  const vendor = name.slice(0, colon);
  if (options.onlyColon && !/^[a-zA-Z0-9.-]+$/.test(vendor)) {
    throw new PolicySyntaxError(`Vendor ${quoted(vendor)} is not valid`);
  }
}

function parseResources(
  statement: JsonObject,
  { kind, variables, budget }: Reading,
): PolicyStatement["resources"] {
  const chosen = either(statement, "Resource", "NotResource");
  const texts = chosen === undefined ? [] : textsOf(chosen.value, budget);
  if (chosen === undefined && kind !== "identity") return undefined;
  if (chosen === undefined || texts.length === 0) {
    throw new PolicySyntaxError("Policy statement must contain resources.");
  }
  const patterns = texts.map((resource) => {
    if (kind === "identity") demandArn(resource);
    return new ResourcePattern(resource, { variables });
  });
  return { none: chosen.none, patterns };
}

function demandArn(resource: string): void {
  if (resource === "*") return;
  if (!resource.includes(":")) {
    throw new PolicySyntaxError(`Resource ${quoted(resource)} must be in ARN format or "*".`);
  }
  if (!/^arn:(?:[^:]*:){4}/.test(resource)) throw new PolicySyntaxError("The policy failed legacy parsing");
}

function parseConditions(block: unknown, { variables, budget }: Reading): Condition[] {
  if (block === undefined) return [];
  const conditions: Condition[] = [];
  for (const [operator, keys] of Object.entries(objectOf(block))) {
    budget.take(operator);
    for (const [key, value] of Object.entries(objectOf(keys))) {
      budget.take(key);
      demandVendor(key, { onlyColon: false });
      const values = listOf(value).map((one) => budget.take(scalarText(one)));
      conditions.push(createCondition(operator, key.toLowerCase(), values, { variables }));
    }
  }
  return conditions;
}

function demandUniqueSids(statements: readonly PolicyStatement[]): void {
  const sids = statements.map(({ sid }) => sid).filter((sid) => sid !== undefined && sid !== "");
  if (new Set(sids).size < sids.length) {
    throw new PolicySyntaxError("Statement IDs (SID) in a single policy must be unique.");
  }
}

/** The element of two that the statement has; having both is an error. */
function either(
  statement: JsonObject,
  element: string,
  opposite: string,
): { readonly value: unknown; readonly none: boolean } | undefined {
  const has = element in statement;
  if (opposite in statement) {
    if (has) throw syntaxErrors();
    return { value: statement[opposite], none: true };
  }
  return has ? { value: statement[element], none: false } : undefined;
}

function demandElements(object: JsonObject, known: ReadonlySet<string>): void {
  if (Object.keys(object).some((element) => !known.has(element))) throw syntaxErrors();
}

function objectOf(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw syntaxErrors();
  return value as JsonObject;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function textsOf(value: unknown, budget: Budget): string[] {
  return listOf(value).map((one) => {
    if (typeof one !== "string") throw syntaxErrors();
    return budget.take(one);
  });
}

function optionalText(value: unknown, budget: Budget): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw syntaxErrors();
  return budget.take(value);
}

/** Values of conditions may be numbers and booleans as well. */
function scalarText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw syntaxErrors();
}

function tooLong(): PolicySyntaxError {
  return new PolicySyntaxError(`Maximum policy size of ${policyLimits.documentCharacters} bytes exceeded`);
}

/** Documents that come as objects are held to the limits of texts. */
class Budget {
  #characters = 0;
  #values = 0;

  take(text: string): string {
    this.#characters += text.length;
    this.#values++;
    if (this.#characters > policyLimits.documentCharacters || this.#values > policyLimits.values)
      throw tooLong();
    return text;
  }
}
