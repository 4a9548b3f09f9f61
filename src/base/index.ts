export * from "./arn.ts";
export * from "./checksum.ts";
export * from "./clock.ts";
export * from "./errors.ts";
export * from "./limits.ts";
export * from "./log.ts";
export * from "./ports.ts";
export * from "./randomness.ts";
