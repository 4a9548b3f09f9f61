const { Logger } = require("@aws-lambda-powertools/logger");
const { injectLambdaContext } = require("@aws-lambda-powertools/logger/middleware");
const { Metrics, MetricUnit } = require("@aws-lambda-powertools/metrics");
const { logMetrics } = require("@aws-lambda-powertools/metrics/middleware");
const { DynamoDBProvider } = require("@aws-lambda-powertools/parameters/dynamodb");
const { Tracer } = require("@aws-lambda-powertools/tracer");
const { captureLambdaHandler } = require("@aws-lambda-powertools/tracer/middleware");
const middy = require("@middy/core").default;

const logger = new Logger({ serviceName: "shop", logLevel: "INFO" });
const metrics = new Metrics({ namespace: "shop", serviceName: "shop" });
const tracer = new Tracer({ serviceName: "shop" });
const settings = new DynamoDBProvider({ tableName: "settings" });

exports.handler = middy(async (event) => {
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
