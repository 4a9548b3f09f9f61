import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { DynamoDBProvider } from "@aws-lambda-powertools/parameters/dynamodb";
import { Tracer } from "@aws-lambda-powertools/tracer";
import { captureLambdaHandler } from "@aws-lambda-powertools/tracer/middleware";
import middy from "@middy/core";

const logger = new Logger({ serviceName: "shop", logLevel: "INFO" });
const metrics = new Metrics({ namespace: "shop", serviceName: "shop" });
const tracer = new Tracer({ serviceName: "shop" });
const settings = new DynamoDBProvider({ tableName: "settings" });

export const handler = middy(async (event) => {
  logger.info("ordered", { order: event.order });
  metrics.addMetric("orders", MetricUnit.Count, 1);
  if (event.fail) throw new RangeError("no stock");
  return {
    price: await settings.get("price"),
    root: tracer.getRootXrayTraceId(),
    traced: tracer.isTracingEnabled(),
  };
})
  .use(captureLambdaHandler(tracer))
  .use(injectLambdaContext(logger, { logEvent: true }))
  .use(logMetrics(metrics, { captureColdStartMetric: true }))
  .use({
    onError: (request) => {
      if (request.event.rescue) request.response = { rescued: request.error.name };
    },
  });
