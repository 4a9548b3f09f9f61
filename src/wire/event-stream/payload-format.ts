import type { Target } from "../model/table.ts";

/** How a protocol writes the structures of an event: what it also uses for whole bodies. */
export interface PayloadFormat {
  readonly mediaType: string;
  encoder(target: Target): (value: unknown) => Uint8Array;
  decoder(target: Target): (bytes: Uint8Array) => unknown;
}
