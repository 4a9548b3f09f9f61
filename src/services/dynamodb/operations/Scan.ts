import type { RequestContext } from "../../../wire/index.ts";
import { invalid } from "../errors.ts";
import { readCondition } from "../expressions/condition.ts";
import { readLegacyFilter } from "../expressions/legacy.ts";
import { ExpressionReader } from "../expressions/parameters.ts";
import { pageOutput, readPageRequest, readProjectionOf, readSelect } from "../read-request.ts";
import { constraint, type Input, member, optional, positiveInteger } from "../request.ts";
import type { DynamoDb } from "../service.ts";
import type { ScanArgument } from "../store/pages.ts";
import { requireInteger } from "../values/attribute-value.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html */
export async function Scan({ store }: DynamoDb, input: Input, context: RequestContext) {
  const read = readPageRequest(context, input);
  const select = readSelect(input, "Scanning");
  const segment = readSegment(input);
  const reader = new ExpressionReader(input, {
    expressions: ["ProjectionExpression", "FilterExpression"],
    legacy: ["AttributesToGet", "ScanFilter", "ConditionalOperator"],
  });
  const old = member(input, "ScanFilter");
  const filter =
    old === undefined
      ? reader.read("FilterExpression", (source, placeholders) =>
          readCondition("FilterExpression", source, placeholders),
        )
      : readLegacyFilter(old, member(input, "ConditionalOperator"));
  const projection = readProjectionOf(input, reader);
  reader.finish();
  const page = await store.read("scan", {
    ...read.request,
    ...projection,
    ...(filter === undefined ? {} : { filter }),
    select,
    ...(segment === undefined ? {} : { segment }),
  });
  return pageOutput(read, page);
}

const SEGMENTS_MOST = 1_000_000;

function readSegment(input: Input): ScanArgument["segment"] {
  const number = optional(input, "Segment", requireInteger);
  const of = positiveInteger(input, "TotalSegments");
  if (number === undefined && of === undefined) return undefined;
  if (of === undefined) {
    throw invalid(
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    );
  }
  if (number === undefined) {
    throw invalid(
      "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    );
  }
  if (number < 0) {
    throw constraint(`'${number}'`, "segment", "Member must have value greater than or equal to 0");
  }
  if (of > SEGMENTS_MOST) {
    throw constraint(
      `'${of}'`,
      "totalSegments",
      `Member must have value less than or equal to ${SEGMENTS_MOST}`,
    );
  }
  if (number >= of) {
    throw invalid(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${number} is not less than TotalSegments: ${of}`,
    );
  }
  return { number, of };
}
