export { isChecksumValue } from "./body/checksum.ts";
export type { PayloadChecksum } from "./body/payload-stream.ts";
export { PayloadStream } from "./body/payload-stream.ts";
export { createCredentials } from "./credentials/credentials.ts";
export { createDoor } from "./door/door.ts";
export * from "./interfaces.ts";
export * from "./service.ts";
export { type SignableRequest, type SigningOptions, signRequest } from "./sigv4/sign.ts";
