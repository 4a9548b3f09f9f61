import type { IncomingMessage } from "node:http";
import type { AuthenticationSubject, Authenticator, Caller } from "../authentication/authenticator.ts";
import { bodyError } from "../body/errors.ts";
import { PayloadStream } from "../body/payload-stream.ts";
import { declaredPayloadHash, expectedPayload } from "../body/s3-payload.ts";
import type { OperationModel } from "../model/table.ts";
import type { Exchange } from "./exchange.ts";

/** S3 signs what the request says of its body; the body is held against it while it is read. */
export function takeS3Body(
  { request, signature }: Pick<Exchange, "request" | "signature">,
  message: IncomingMessage,
  authenticator: Authenticator,
  subject: AuthenticationSubject,
  caller: Caller,
  operation: OperationModel | undefined,
  streams: boolean,
): { readonly source: PayloadStream; readonly framed: boolean } {
  const payloadHash = declaredPayloadHash(
    request,
    signature.kind === "presigned" || signature.kind === "legacy",
    caller.proof !== undefined,
  );
  authenticator.verify(subject, caller, payloadHash);
  const expected = expectedPayload(
    request,
    caller,
    payloadHash,
    operation?.traits.httpChecksum !== undefined,
  );
  if (streams && expected.length === undefined) throw bodyError("MissingContentLength");
  const source = new PayloadStream(expected);
  message.once("error", () => source.destroy(bodyError("IncompleteBody")));
  message.once("aborted", () => source.destroy(bodyError("IncompleteBody")));
  message.once("close", () => {
    if (!message.complete) source.destroy(bodyError("IncompleteBody"));
  });
  // Not a pipeline: its end would take the connection along, which is still needed for the answer.
  message.pipe(source);
  source.once("error", () => message.unpipe(source));
  return { source, framed: expected.chunked !== undefined };
}
