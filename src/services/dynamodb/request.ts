import { parseArn, partitionOf } from "../../base/index.ts";
import type { RequestContext } from "../../wire/index.ts";
import { fail, invalid } from "./errors.ts";
import type { TableRef } from "./model.ts";
import { requireBoolean, requireInteger, requireString } from "./values/attribute-value.ts";

/** A request's members as JSON gave them. */
export type Input = { readonly [name: string]: unknown };

/** A member that is there and not null. */
export function member(input: Input, name: string): unknown {
  const value = Object.hasOwn(input, name) ? input[name] : undefined;
  return value === null ? undefined : value;
}

export function optional<T>(input: Input, name: string, read: (value: unknown) => T): T | undefined {
  const value = member(input, name);
  return value === undefined ? undefined : read(value);
}

export function required<T>(input: Input, name: string, read: (value: unknown) => T): T {
  const value = member(input, name);
  if (value === undefined) throw constraint("null", memberPath(name), "Member must not be null");
  return read(value);
}

export function flag(input: Input, name: string): boolean {
  return optional(input, name, requireBoolean) ?? false;
}

/** One of the values of an enumeration. */
export function choice<const T extends string>(
  input: Input,
  name: string,
  values: readonly T[],
  otherwise: NoInfer<T>,
): T {
  const value = optional(input, name, requireString);
  if (value === undefined) return otherwise;
  if ((values as readonly string[]).includes(value)) return value as T;
  throw constraint(
    `'${value}'`,
    memberPath(name),
    `Member must satisfy enum value set: [${values.join(", ")}]`,
  );
}

export function positiveInteger(input: Input, name: string): number | undefined {
  const value = optional(input, name, requireInteger);
  if (value !== undefined && value < 1) {
    throw constraint(`'${value}'`, memberPath(name), "Member must have value greater than or equal to 1");
  }
  return value;
}

/** An error in the grammar that all of AWS's generated checks share. */
export function constraint(value: string, path: string, rule: string) {
  return invalid(
    `1 validation error detected: Value ${value} at '${path}' failed to satisfy constraint: ${rule}`,
  );
}

function memberPath(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

const NAME_LEAST = 3;
const NAME_MOST = 255;

/** Checks the name of a table or an index. */
export function checkName(name: string, path: string): string {
  if (name.length < NAME_LEAST) {
    throw constraint(`'${name}'`, path, `Member must have length greater than or equal to ${NAME_LEAST}`);
  }
  if (name.length > NAME_MOST) {
    throw constraint(`'${name}'`, path, `Member must have length less than or equal to ${NAME_MOST}`);
  }
  if (!/^[a-zA-Z0-9_.-]+$/.test(name)) {
    throw constraint(`'${name}'`, path, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  }
  return name;
}

/** The table that a TableName means: a name, or the ARN of a table of the caller's account. */
export function tableRef(context: RequestContext, name: string): TableRef {
  const { account, region } = context;
  if (!name.startsWith("arn:")) return { account, region, name: checkName(name, "tableName") };
  const arn = parseArn(name);
  const [kind, table, ...rest] = arn?.resource.split("/") ?? [];
  if (arn?.service !== "dynamodb" || kind !== "table" || table === undefined || rest.length > 0) {
    throw invalid(`Invalid table ARN: ${name}`);
  }
  if (arn.account !== account || arn.region !== region) {
    throw fail("AccessDeniedException", {
      with: { user: context.identity.arn, operation: context.operation, resource: name },
    });
  }
  return { account, region, name: checkName(table, "tableName") };
}

/** The table of an item operation. */
export function inputTable(context: RequestContext, input: Input): TableRef {
  return tableRef(context, required(input, "TableName", requireString));
}

/** The table of an operation on tables, which asks for a missing name in other words. */
export function inputNamedTable(context: RequestContext, input: Input): TableRef {
  const name = optional(input, "TableName", requireString);
  if (name === undefined) {
    throw invalid("The parameter 'TableName' is required but was not present in the request");
  }
  return tableRef(context, name);
}

export function tableArn({ account, region, name }: TableRef): string {
  return `arn:${partitionOf(region)}:dynamodb:${region}:${account}:table/${name}`;
}
