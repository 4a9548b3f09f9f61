/** Paths as AWS writes them in validation errors: members start in lower case, elements are counted from 1. */
export function childPath(path: string, member: string): string {
  const name = member.charAt(0).toLowerCase() + member.slice(1);
  return path === "" ? name : `${path}.${name}`;
}

export function elementPath(path: string, index: number): string {
  return `${path}.${index + 1}.member`;
}
