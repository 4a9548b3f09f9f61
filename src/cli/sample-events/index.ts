import { CLOUDFRONT_SAMPLES } from "./cloudfront.ts";
import { COGNITO_SAMPLES } from "./cognito.ts";
import { CONVERSATION_SAMPLES } from "./conversation.ts";
import { EVENT_SAMPLES } from "./events.ts";
import { GATEWAY_SAMPLES } from "./gateway.ts";
import { MESSAGING_SAMPLES } from "./messaging.ts";
import { OPERATION_SAMPLES } from "./operations.ts";
import { S3_SAMPLES } from "./s3.ts";
import type { Sample } from "./sample.ts";
import { STREAM_SAMPLES } from "./streams.ts";

/** Every event that `generate-event` makes; the first of a source is what its name alone means. */
export const SAMPLES: readonly Sample[] = [
  ...S3_SAMPLES,
  ...MESSAGING_SAMPLES,
  ...STREAM_SAMPLES,
  ...EVENT_SAMPLES,
  ...GATEWAY_SAMPLES,
  ...COGNITO_SAMPLES,
  ...OPERATION_SAMPLES,
  ...CLOUDFRONT_SAMPLES,
  ...CONVERSATION_SAMPLES,
];
