export { isChecksumValue } from "./body/checksum.ts";
export { PayloadStream } from "./body/payload-stream.ts";
export { createCredentials } from "./credentials/credentials.ts";
export { createDoor } from "./door/door.ts";
export * from "./interfaces.ts";
export * from "./service.ts";
export { signRequest } from "./sigv4/sign.ts";
