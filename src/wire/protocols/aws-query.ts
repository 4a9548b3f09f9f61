import { ServiceError } from "../../base/index.ts";
import { decodeQueryInput } from "../codecs/query-decoder.ts";
import { namespaceAttribute, XmlEncoder, xmlElement } from "../codecs/xml-encoder.ts";
import type { OperationModel, ServiceModel } from "../model/table.ts";
import type { AnswerContext, OperationCodec, Protocol } from "./protocol.ts";
import { queryErrorCode, queryFault } from "./query-errors.ts";

const XML_TYPE = "text/xml";

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function createAwsQuery(model: ServiceModel): Protocol {
  const xml = new XmlEncoder("date-time");
  const xmlns = namespaceAttribute(model.xmlNamespace);
  return {
    codec: (operation) => operationCodec(operation, xml, xmlns),
    error(error, context) {
      const members = Object.entries(error.members).map(([name, value]) => xmlElement(name, String(value)));
      return {
        status: error.status,
        headers: { "content-type": XML_TYPE },
        body: `<ErrorResponse${xmlns}><Error><Type>${queryFault(error)}</Type>${xmlElement("Code", queryErrorCode(error, model))}${xmlElement("Message", error.message)}${members.join("")}</Error>${xmlElement("RequestId", context.requestId)}</ErrorResponse>`,
      };
    },
    unreadable: (error) => new ServiceError({ code: "MalformedInput", status: 400, message: error.message }),
    invalid: (message) => new ServiceError({ code: "ValidationError", status: 400, message }),
    unknownOperation: (_, name) =>
      name === undefined
        ? new ServiceError({
            code: "MissingAction",
            status: 400,
            message: "The request is missing an action or a required parameter.",
          })
        : new ServiceError({
            code: "InvalidAction",
            status: 400,
            message: `Could not find operation ${name} for version ${model.version}`,
          }),
    internalError: () =>
      new ServiceError({
        code: "InternalFailure",
        status: 500,
        message: "The request processing has failed because of an unknown error, exception or failure.",
      }),
    unavailable: (message) => new ServiceError({ code: "ServiceUnavailable", status: 503, message }),
  };
}

function operationCodec(operation: OperationModel, xml: XmlEncoder, xmlns: string): OperationCodec {
  const { name, output } = operation;
  const hasResult = output.members.length > 0;
  return {
    operation,
    streams: false,
    decode: (request) => decodeQueryInput(operation.input, request.form ?? request.request.query),
    encode(value, context: AnswerContext) {
      const result = hasResult ? xml.structure(`${name}Result`, output, value) : "";
      const metadata = `<ResponseMetadata>${xmlElement("RequestId", context.requestId)}</ResponseMetadata>`;
      return {
        status: 200,
        headers: { "content-type": XML_TYPE },
        body: `<${name}Response${xmlns}>${result}${metadata}</${name}Response>`,
      };
    },
  };
}
