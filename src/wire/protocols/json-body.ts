import { SerializationError } from "../codecs/serialization-error.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses a body that has to be JSON in UTF-8; of what kind is for the decoder of its shape to say. */
export function parseJsonObject(body: Uint8Array): unknown {
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    throw new SerializationError("Invalid UTF-8 in the request body");
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SerializationError("Unable to parse the request body as JSON");
  }
}
