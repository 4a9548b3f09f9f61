import type { EvaluationContext } from "./context.ts";
import { demandPatternLength, Template } from "./template.ts";
import { WildcardPattern } from "./wildcard.ts";

/**
 * An entry of Resource or NotResource. Its wildcards reach over colons and slashes.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export class ResourcePattern {
  readonly #template: Template;
  readonly #fixed: WildcardPattern | undefined;

  constructor(text: string, options: { readonly variables: boolean }) {
    demandPatternLength(text);
    this.#template = new Template(text, options);
    this.#fixed = this.#template.fixed ? this.#compile(undefined) : undefined;
  }

  /** Undefined if the request lacks a variable of the pattern. */
  matches(resource: string, context: EvaluationContext): boolean | undefined {
    return (this.#fixed ?? this.#compile(context))?.matches(resource);
  }

  #compile(context: EvaluationContext | undefined): WildcardPattern | undefined {
    const units = this.#template.units(context);
    return units === undefined ? undefined : new WildcardPattern(units);
  }
}
