/** Paths as AWS writes them in validation errors: members start in lower case, elements are counted from 1. */
export function memberName(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}

/** `name` is the member's as `memberName` gives it. */
export function childPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

export function elementPath(path: string, index: number): string {
  return `${path}.${index + 1}.member`;
}
