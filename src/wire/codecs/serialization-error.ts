/** A body or parameter that has not the type that the model gives it. Each protocol answers it in its own way. */
export class SerializationError extends Error {
  override readonly name = "SerializationError";
}
