const QUOTED_CHARACTERS = 256;

/** A text is no policy document. The message is the one that IAM gives. */
export class PolicySyntaxError extends Error {
  override readonly name = "PolicySyntaxError";
}

/** What IAM says of everything that its grammar does not know. */
export function syntaxErrors(): PolicySyntaxError {
  return new PolicySyntaxError("Syntax errors in policy.");
}

/** A piece of a document as an error message may show it. */
export function quoted(text: string): string {
  return text.length <= QUOTED_CHARACTERS ? text : `${text.slice(0, QUOTED_CHARACTERS)}...`;
}
