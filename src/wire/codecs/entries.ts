/** Sets a member whose name comes from a caller: `__proto__` becomes a member like any other. */
export function setEntry(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
