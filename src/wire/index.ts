export { isChecksumValue } from "./body/checksum.ts";
export { PayloadStream } from "./body/payload-stream.ts";
export { createAwsClient } from "./client/client.ts";
export { AwsClientError } from "./client/errors.ts";
export { createCredentials } from "./credentials/credentials.ts";
export { createDoor } from "./door/door.ts";
export { EventStreamError } from "./event-stream/error.ts";
export type { EventStreamHeader } from "./event-stream/headers.ts";
export {
  EventStreamDecoder,
  type EventStreamMessage,
  encodeEventStreamMessage,
} from "./event-stream/message.ts";
export * from "./interfaces.ts";
export * from "./service.ts";
export { signRequest } from "./sigv4/sign.ts";
