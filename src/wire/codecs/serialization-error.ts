/** A body or parameter that has not the type that the model gives it. Each protocol answers it in its own way. */
export class SerializationError extends Error {
  override readonly name = "SerializationError";
  /** The header or parameter that can't be read; absent when it is the body. */
  readonly parameter: { readonly name: string; readonly value: string } | undefined;

  constructor(message: string, parameter?: { readonly name: string; readonly value: string }) {
    super(message);
    this.parameter = parameter;
  }
}
